// Finds what is cut off, off the glass, or too small for a finger; gives a sentence for each. The body of a function.

const seen = [...document.querySelectorAll("#glass *")].filter(
  (element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    // Counts that do not fit are left out whole; the probe measures and is never seen.
    !element.closest(".probe, .heard, svg, .counts") &&
    (!document.querySelector("dialog[open]") || element.closest("dialog")),
);
const named = (element) => `${element.tagName}.${element.className} "${element.textContent.slice(0, 40)}"`;

const isLarge = Number(getComputedStyle(document.documentElement).getPropertyValue("--text")) > 1;

// Everything whose text does not get into its own box, and everything that is not wholly on the glass. Only what a guest
// or an owner has typed (names in heads, chips and lists) may end in an ellipsis.
function cutOff(element) {
  const found = [];
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const scrolls = element.matches("[data-scroll]");
  // What is far too much for a column, in large text, says "more" and is scrolled by it.
  const more = element.closest(".overfull")?.querySelector(".more");
  const says = isLarge && more?.checkVisibility() === true;
  const isListed = !scrolls && element.closest("[data-scroll]") !== null;
  const inList = isListed || (says && element.closest(".overfull .body") !== null);
  const shortens = style.textOverflow === "ellipsis" || !["none", ""].includes(style.webkitLineClamp);
  if (!inList && (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)) {
    found.push(`off the glass: ${named(element)}`);
  }
  const wider = element.scrollWidth - element.clientWidth;
  const typed = element.closest(".label, .known, .name, .what, .title, .short");
  if (element.clientWidth > 0 && wider > 1 && !(shortens && typed)) {
    found.push(`too wide by ${wider}: ${named(element)}`);
  }
  const higher = element.scrollHeight - element.clientHeight;
  if (style.overflowY !== "visible" && element.clientHeight > 0 && !scrolls && !shortens && !says && higher > 1) {
    found.push(`too high by ${higher}: ${named(element)}`);
  }
  const ticket = element.closest(".ticket");
  if (ticket && ticket !== element && !element.closest(".body, dialog")) {
    const paper = ticket.getBoundingClientRect();
    if (box.bottom > paper.bottom + 1 || box.right > paper.right + 1) found.push(`off its ticket: ${named(element)}`);
  }
  return found;
}

// 20 mm for a BUMP and 15 mm for any other control, by the pixels of a millimetre in use. Lines of a ticket that is fuller
// than its cells may be lower.
const mm = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--mm"));
function small(button) {
  const box = button.getBoundingClientRect();
  const fit = button.matches(".line") ? Number(getComputedStyle(button).getPropertyValue("--fit") || 1) : 1;
  const least = (button.matches(".bump") ? 20 : 15 * fit) * mm - 1;
  if (box.height >= least && box.width >= Math.min(least, 15 * mm - 1)) return [];
  return [`${(box.width / mm).toFixed(1)} x ${(box.height / mm).toFixed(1)} mm: ${named(button)}`];
}

return [...seen.flatMap(cutOff), ...seen.filter((element) => element.matches("button")).flatMap(small)];
