// The value below which a share of the measured ones lie (nearest rank).
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** As Prometheus's `histogram_quantile`: the rank's place within its bucket, taken as evenly filled. In the unit of the bounds. */
export const quantileOfBuckets = (
  buckets: readonly { readonly upTo: number; readonly count: number }[],
  share: number,
): number => {
  const cumulative = buckets.toSorted((a, b) => a.upTo - b.upTo)
  const rank = share * (cumulative.at(-1)?.count ?? 0)
  let below = { upTo: 0, count: 0 }
  for (const bucket of cumulative) {
    if (bucket.count >= rank && bucket.count > 0) {
      if (bucket.upTo === Infinity) return below.upTo
      const part = (rank - below.count) / (bucket.count - below.count)
      return below.upTo + (bucket.upTo - below.upTo) * part
    }
    below = bucket
  }
  return Number.NaN
}
