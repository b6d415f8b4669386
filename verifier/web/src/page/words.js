// Numbers, dates and kinds, as a person reads them.

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
/** The last millisecond that a JavaScript date can be of. */
const LAST_MS = 8_640_000_000_000_000n;

const UNKNOWN = 'of a kind that this verifier does not know';

export const receivableState = named(['performing', 'settled', 'overdue', 'defaulted']);
export const purpose = named(['in payment', 'sale'], { 10: 'enforcement of a pledge', 20: 'to whoever paid for it' });
export const recourse = named(['without recourse'], { 20: 'with full recourse', 21: 'with limited recourse' });
export const undertakingKind = named(['Recourse', 'Guarantee']);
export const loanState = named(['open', 'repaid', 'defaulted']);
export const quoteState = named([
  'committed',
  'revealed',
  'awarded',
  'declined',
  'missed',
  'failed',
  'taken, and its payment is under way',
]);
export const paymentState = named([
  'instructed',
  "asserted by the payer's bank",
  'contested',
  'confirmed',
  'cancelled',
  'not asserted in time',
]);
export const invoiceState = named([
  'registered',
  'under query',
  'confirmed',
  'rejected by its buyer',
  'withdrawn by its seller',
  'proposed by its buyer',
  'confirmed under conditions',
  'proposal declined',
  'proposal taken back',
]);

/** What a number of an enumeration says; the first word is that of 1. */
function named(words, others = {}) {
  return (number) => words[number - 1] ?? others[number] ?? UNKNOWN;
}

/** A whole number with a comma between thousands. */
export function count(number) {
  return number.toString().replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** An amount of minor units in a currency, by its decimal places in the genesis. */
export function amount(minor, currency, exponents) {
  const exponent = exponents.get(currency);
  if (exponent === undefined) {
    return `${count(minor)} minor units of ${currency}`;
  }
  const digits = minor.toString().padStart(exponent + 1, '0');
  const whole = count(digits.slice(0, digits.length - exponent));
  return `${currency}\u00a0${whole}${exponent > 0 ? `.${digits.slice(-exponent)}` : ''}`;
}

export function money(value, exponents) {
  return value === null ? null : amount(value.minor, value.currency, exponents);
}

export function day(date) {
  return date === null ? 'no day' : `${date.day} ${MONTHS[date.month - 1] ?? `(month ${date.month})`} ${date.year}`;
}

export function time(ms) {
  if (ms > LAST_MS) {
    return `${ms} ms since 1970`;
  }
  const at = new Date(Number(ms));
  const clock = at.toISOString().slice(-13, -5);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${clock}\u00a0UTC`;
}

/** Parts per million a year. */
export function rate(ppm) {
  return `${(ppm / 10_000).toFixed(4).replace(/\.?0+$/, '')} % a year`;
}

export function days(number) {
  return number === 1 ? '1 day' : `${count(number)} days`;
}

/** How an organization is known, on this ledger and elsewhere. */
export function legalId({ id, lei, national_id: national }) {
  const known = [lei === '' ? null : `LEI ${lei}`, national === '' ? null : national].filter((one) => one !== null);
  return `(${[id, ...known].join(', ')})`;
}

/** “a”, “a and b”, “a, b and c”. */
export function together(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
