/** Markdown on pages that can be read before it is loaded: plain text until then. */

import { lazy, Suspense } from 'react'

const MarkdownText = lazy(async () => ({ default: (await import('./MarkdownText')).MarkdownText }))

export function LazyMarkdown({ text, className }: { text: string; className?: string }) {
  return (
    <Suspense fallback={<pre className="text-[13px] whitespace-pre-wrap text-soft">{text}</pre>}>
      <MarkdownText text={text} {...(className ? { className } : {})} />
    </Suspense>
  )
}
