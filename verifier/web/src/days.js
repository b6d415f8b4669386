// Dates of the ledger.

const FIRST_YEAR = 1990;
const LAST_YEAR = 2199;
const DAY_MS = 86_400_000;

/** Whether something is a date: from 1990-01-01 to 2199-12-31, and a day that its month has. */
export function isDate(date) {
  return date !== null && date.year >= FIRST_YEAR && date.year <= LAST_YEAR && isInCalendar(date);
}

function isInCalendar({ year, month, day }) {
  // A day that its month does not have comes out as one of another month.
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
}

/** Days by the calendar from one date to another; below zero where that is before it. */
export function daysBetween(from, to) {
  return numberOf(to) - numberOf(from);
}

function numberOf({ year, month, day }) {
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** As YYYY-MM-DD. */
export function iso({ year, month, day }) {
  const digits = (number) => String(number).padStart(2, '0');
  return `${year}-${digits(month)}-${digits(day)}`;
}
