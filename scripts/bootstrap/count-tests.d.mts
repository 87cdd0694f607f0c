export function countTests(text: string, exitCode: number): { line: string; failed: number }
