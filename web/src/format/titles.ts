/** What a span is called on the page. */

const HTTP = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S/

/** The request it serves ("POST /qa") says more than the library that served it ("fastapi.request"). */
export const titleOf = (name: string, resource: string): string => (HTTP.test(resource) && !HTTP.test(name) ? resource : name || resource)
