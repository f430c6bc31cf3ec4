/** Series stacked on one another, for bars: what is drawn, and from top to bottom. */

export interface Layer {
  key: string
  label: string
  colour: string
  values: (number | null)[]
  /** A line to compare with, such as a threshold: dashed, without marks. */
  dashed?: boolean
}

/** Running totals, one array a layer; the last is the whole height. Missing points count as 0. */
export function stackLayers(layers: readonly Layer[]): number[][] {
  const totals: number[][] = []
  let below: number[] = []
  for (const layer of layers) {
    below = layer.values.map((value, at) => (below[at] ?? 0) + (value ?? 0))
    totals.push(below)
  }
  return totals
}
