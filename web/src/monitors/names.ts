/** Names, scopes and queries of monitors, taken apart for the page. */

export interface NamePart {
  text: string
  /** Of a template variable what it stands for, else ''. */
  variable: string
}

const VARIABLE = /\{\{([^{}]*)\}\}/

/** `Slow: {{service.name}}` is the text `Slow: ` and the variable `service`. */
export function splitName(name: string): NamePart[] {
  return name
    .split(VARIABLE)
    .map((text, at) => ({ text, variable: at % 2 ? text.trim().replace(/^@/, '').replace(/\.name$/, '') || '…' : '' }))
    .filter((part) => part.text || part.variable)
}

/** The name as plain words, for titles and labels. */
export const plainName = (name: string): string => splitName(name).map((part) => part.variable || part.text).join('')

const SERVICE = /(?:^|[\s,{(])service:([^\s,{}()"*]+)(?![\w*.-])/

/** The service that a group, a tag or the scope of a query names; '' for none, or for several. */
export const serviceOf = (text: string): string => SERVICE.exec(text)?.[1] ?? ''

/** Ids of the monitors of a composite, in the order of its query, each once. */
export const partsOf = (type: string, query: string): string[] => (type === 'composite' ? [...new Set(query.match(/\d+/g))] : [])

/** Id of the SLO that an alert watches; '' for others. */
export const sloOf = (type: string, query: string): string => (type === 'slo alert' ? (/\(\s*"([^"]+)"\s*\)/.exec(query)?.[1] ?? '') : '')
