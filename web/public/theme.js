// Runs before the first paint, so that the page does not flash in the wrong colours.
;(function () {
  var saved = null
  try {
    saved = localStorage.getItem('lrcp-theme')
  } catch (error) {
    saved = null // storage is blocked: follow the system
  }
  var dark = saved ? saved === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
