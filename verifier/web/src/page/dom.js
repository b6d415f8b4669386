// Elements of the page. What a file says is only ever put in as text, never as markup.

/** An element with attributes and children; text, elements, lists of them, or null for nothing. */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== false) {
      element.setAttribute(attribute, value === true ? '' : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Characters that would not be seen, or that would turn or hide others. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text that somebody else wrote: kept apart from the text around it, with its unseen characters written out. Otherwise an invoice
 * number could be made to read as another one.
 */
export function said(text, { lines = false } = {}) {
  const shown = text.replaceAll(UNSEEN, (character) =>
    lines && (character === '\n' || character === '\t')
      ? character
      : `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
  return el('bdi', { class: lines ? 'lines' : null }, shown);
}

/** A hash, key or id. */
export function code(digits) {
  return el('code', { class: 'hash' }, digits);
}

/** Terms and what is said of each; those of null are left out. */
export function facts(...pairs) {
  const rows = pairs.filter((pair) => pair !== null && pair[1] !== null);
  return el(
    'dl',
    { class: 'facts' },
    rows.map(([term, ...value]) => el('div', null, el('dt', null, term), el('dd', null, ...value))),
  );
}

export function section(title, ...children) {
  return el('section', { class: 'card' }, el('h2', null, title), ...children);
}

export function note(...children) {
  return el('p', { class: 'note' }, ...children);
}

export function badge(kind, text) {
  return el('span', { class: `badge ${kind}` }, text);
}
