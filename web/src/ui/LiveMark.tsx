/** Says whether the page follows the clock. */

export function LiveMark({ live, failing }: { live: boolean; failing: boolean }) {
  const [tone, text] = failing ? ['bg-bad', 'Not connected'] : live ? ['bg-good', 'Live'] : ['bg-faint', 'Fixed range']
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-xs font-normal text-soft">
      <span className={`size-2 rounded-full ${tone} ${live && !failing ? 'animate-pulse' : ''}`} />
      {text}
    </span>
  )
}
