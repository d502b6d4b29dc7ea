"""What a reader of a run's report sees, asked of the page in a browser."""

ALL_DRAWN = "document.querySelectorAll('.plot.drawn .live .main-svg').length > 0"
SMALLEST_TYPE = """(() => {
  let least = 99, where = '';
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.getClientRects().length || ['SCRIPT', 'STYLE'].includes(element.tagName)) continue;
    if (element.closest('sub, sup') || element.getAttribute('baseline-shift')) continue;
    if (element.tagName === 'tspan' && element.style.fontSize.endsWith('%')) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < least) { least = size; where = element.tagName + ' ' + element.textContent.slice(0, 40); }
  }
  return [least, where];
})()"""
"""Smallest type on the page (CSS pixels) and what is written in it; raised and lowered characters left out."""
WIDEST = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
TABLES_ABOVE = """[...document.querySelectorAll('table')].filter(t => t.getClientRects().length
  && t.getBoundingClientRect().top + scrollY < 3 * innerHeight).length"""
"""Tables that begin in the first three screens."""


def open_report(browser, path, width, height):
    """Open a report in a window of that size and draw all its figures."""
    browser.resize(width, height)
    browser.open(path.resolve().as_uri())
    browser.until("document.documentElement.dataset.plots === 'ready'", 60)
    for number in range(browser.ask("document.querySelectorAll('.plot').length")):
        figure = f"document.querySelectorAll('.plot')[{number}]"
        browser.ask(f"{figure}.scrollIntoView({{block: 'center'}})")
        browser.until(f"{figure}.querySelector('.live .main-svg, .live canvas') !== null")
    browser.ask("scrollTo(0, 0)")
