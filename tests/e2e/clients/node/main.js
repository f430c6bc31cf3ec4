// dd-trace from npm with LLM Observability on the official openai client: one workflow with a generation below it,
// a generation that fails, and an evaluation.
'use strict'

const tracer = require('dd-trace').init({ startupLogs: false })
const OpenAI = require('openai')

async function main () {
  const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'sk-test', maxRetries: 0 })
  const question = [{ role: 'user', content: 'When does my parcel come?' }]
  const ids = {}
  await tracer.llmobs.trace({ kind: 'workflow', name: 'ask', sessionId: 'session-node' }, async span => {
    const reply = await client.chat.completions.create({ model: 'gpt-5-mini', messages: question })
    await client.chat.completions.create({ model: 'missing', messages: question }).catch(error => { ids.failed = error.status })
    tracer.llmobs.annotate(span, { inputData: question[0].content, outputData: reply.choices[0].message.content })
    tracer.llmobs.submitEvaluation(tracer.llmobs.exportSpan(span), {
      label: 'quality', metricType: 'score', value: 0.5, mlApp: 'shop-node'
    })
    ids.trace_id = span.context().toTraceId(true)
    ids.span_id = span.context().toSpanId(true)
  })
  tracer.llmobs.flush()
  await new Promise(resolve => setTimeout(resolve, 3000))
  console.log(JSON.stringify(ids))
  process.exit(0)
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
