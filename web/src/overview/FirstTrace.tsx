/** What to do when nothing has arrived yet. */

import { Tabs } from 'radix-ui'
import { CopyButton, Panel } from '../ui/parts'

const host = location.hostname
const WAYS = [
  ['gateway', 'Gateway', 'Point any OpenAI client at the gateway; nothing else changes.', `export OPENAI_BASE_URL=http://${host}:8100/v1\npython app.py`],
  ['ddtrace', 'Datadog tracer', 'LLM Observability of ddtrace, to the agent port of LRCP.', `pip install ddtrace\nDD_LLMOBS_ENABLED=1 DD_LLMOBS_ML_APP=my-app \\\nDD_TRACE_AGENT_URL=http://${host}:8126 ddtrace-run python app.py`],
  ['otlp', 'OpenTelemetry', 'Any OpenTelemetry, OpenInference or OpenLLMetry instrumentation.', `export OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:4318\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nopentelemetry-instrument python app.py`],
  ['demo', 'Demo traffic', 'Questions of a shop, answered by the model on this machine.', 'lrcp traffic --profile normal --rate 2 --duration 60'],
] as const

export function FirstTrace({ quiet }: { quiet: boolean }) {
  return (
    <Panel className="mx-auto my-10 max-w-2xl p-6">
      <h1 className="text-lg font-semibold">{quiet ? 'No model calls in this period' : 'Waiting for the first trace'}</h1>
      <p className="mt-1 text-soft">{quiet ? 'Take a longer range, or send something now:' : 'Send it in one of these ways; this page shows it within two seconds.'}</p>
      <Tabs.Root defaultValue="gateway" className="mt-4">
        <Tabs.List aria-label="Ways to send" className="flex flex-wrap gap-1 border-b border-line">
          {WAYS.map(([key, label]) => (
            <Tabs.Trigger key={key} value={key} className="-mb-px border-b-2 border-transparent px-3 py-1.5 text-[13px] text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink">
              {label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {WAYS.map(([key, , text, code]) => (
          <Tabs.Content key={key} value={key} className="pt-3">
            <p className="text-[13px] text-soft">{text}</p>
            <div className="relative mt-2">
              <pre className="overflow-x-auto rounded-md bg-canvas p-3 pr-10 font-mono text-[12.5px]">{code}</pre>
              <span className="absolute top-1.5 right-1.5">
                <CopyButton text={code} label="Copy the commands" />
              </span>
            </div>
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </Panel>
  )
}
