// Fields of a kept queue job's payload: it may be of an older release, or made by hand, so nothing about it is taken for granted.

const fieldIn = (data: unknown, key: string): unknown =>
  (data as Readonly<Record<string, unknown>> | null | undefined)?.[key]

export const numberIn = (data: unknown, key: string): number | null => {
  const value = fieldIn(data, key)
  return typeof value === 'number' ? value : null
}

export const textIn = (data: unknown, key: string): string | null => {
  const value = fieldIn(data, key)
  return typeof value === 'string' ? value : null
}
