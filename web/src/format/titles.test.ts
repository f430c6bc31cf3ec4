import { expect, test } from 'vitest'
import { titleOf } from './titles'

test.each([
  ['fastapi.request', 'POST /qa', 'POST /qa'],
  ['POST /qa', 'POST /qa', 'POST /qa'],
  ['OpenAI.createChatCompletion', 'createChatCompletion', 'OpenAI.createChatCompletion'],
  ['', 'retrieval', 'retrieval'],
  ['step 1', '', 'step 1'],
])('%s of %s is called %s', (name, resource, title) => {
  expect(titleOf(name, resource)).toBe(title)
})
