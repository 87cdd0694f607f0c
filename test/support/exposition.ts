// Reads the text that Prometheus reads: samples by name and labels, with the type of each metric. Strict: whatever
// Prometheus would refuse (a metric introduced twice, a sample twice, an unreadable line) is an error here too.

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly samples: readonly Sample[]
  /** Type by name of the metric. */
  readonly types: ReadonlyMap<string, string>
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/y

const numberOf = (text: string): number => {
  if (text === '+Inf') return Infinity
  if (text === '-Inf') return -Infinity
  if (text === 'NaN' || text === 'Nan') return NaN
  const value = Number(text)
  if (text === '' || Number.isNaN(value)) throw new Error(`not a number: ${text}`)
  return value
}

const labelsOf = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text)
    if (match === null) throw new Error(`unreadable labels: ${text}`)
    labels[match[1] ?? ''] = (match[2] ?? '').replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
  }
  return labels
}

const keyOf = ({ name, labels }: Sample): string =>
  [
    name,
    ...Object.keys(labels)
      .toSorted((a, b) => a.localeCompare(b))
      .map((key) => `${key}=${labels[key]}`),
  ].join(' ')

/** @throws Error naming the first line that cannot be read */
export const parseExposition = (text: string): Exposition => {
  const samples: Sample[] = []
  const types = new Map<string, string>()
  const seen = new Set<string>()
  for (const line of text.split('\n').filter((one) => one !== '')) {
    if (line.startsWith('#')) {
      const [, kind, name = '', type = ''] = line.split(' ')
      if (kind !== 'TYPE') continue
      if (types.has(name)) throw new Error(`introduced twice: ${name}`)
      types.set(name, type)
      continue
    }
    const match = LINE.exec(line)
    if (match === null) throw new Error(`unreadable line: ${line}`)
    const [, name = '', labels = '', value = ''] = match
    const sample = { name, labels: labelsOf(labels), value: numberOf(value) }
    const key = keyOf(sample)
    if (seen.has(key)) throw new Error(`said twice: ${key}`)
    seen.add(key)
    samples.push(sample)
  }
  return { samples, types }
}

/** The samples of a name whose labels include these. */
export const samplesOf = (
  { samples }: Exposition,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Sample[] =>
  samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )

/** @throws Error unless there is exactly one such sample */
export const valueOf = (
  exposition: Exposition,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number => {
  const [found, ...others] = samplesOf(exposition, name, labels)
  if (found === undefined || others.length > 0)
    throw new Error(`${others.length === 0 ? 'no' : 'more than one'} ${name} ${JSON.stringify(labels)}`)
  return found.value
}
