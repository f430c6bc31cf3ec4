/** A monitor's name; template variables in it are shown quietly, as what they stand for. */

import { splitName } from './names'

export function NameText({ name }: { name: string }) {
  return (
    <>
      {splitName(name).map((part, at) =>
        part.variable ? (
          <span key={at} title={`differs by group: {{${part.text}}}`} className="rounded bg-raised px-1 text-[0.92em] font-normal text-soft">
            {part.variable}
          </span>
        ) : (
          part.text
        ),
      )}
    </>
  )
}
