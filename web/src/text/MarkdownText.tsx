/** Markdown with links that stay within the app where they lead there. Heavy: loaded when it is first needed. */

import { useRouter } from '@tanstack/react-router'
import { type ComponentProps, type MouseEvent } from 'react'
import Markdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { ownPath, quietTemplates, withoutTemplates } from './templates'

export function MarkdownText({ text, className = '' }: { text: string; className?: string }) {
  return (
    <div className={`prose ${className}`}>
      <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[quietTemplates]} components={{ a: TextLink }}>
        {text}
      </Markdown>
    </div>
  )
}

const SIBLING = /^([\w-]+)\.md$/

/** Links between runbooks are links between files, so that they also work where the files are read. */
function TextLink({ href = '', children }: ComponentProps<'a'>) {
  const router = useRouter()
  const sibling = SIBLING.exec(href)
  const target = sibling ? `/runbooks/${sibling[1]}` : withoutTemplates(href)
  const own = ownPath(target, location)
  if (!target) return <span>{children}</span>
  const follow = (event: MouseEvent) => {
    if (!own || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    router.history.push(own)
  }
  return (
    <a href={own || target} rel="noreferrer" onClick={follow}>
      {children}
    </a>
  )
}
