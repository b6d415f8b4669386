"""Writes what QuantLib makes of day counts and business days: see README.md."""

import csv
import json
import sys
from pathlib import Path

import QuantLib as ql

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[2] / "docs" / "examples"

CALENDARS = {
    "TARGET": ("TARGET, euro", ql.TARGET()),
    "USNY": ("United States, settlement", ql.UnitedStates(ql.UnitedStates.Settlement)),
    "GBLO": ("United Kingdom, settlement", ql.UnitedKingdom(ql.UnitedKingdom.Settlement)),
    "SARI": ("Saudi Arabia, Tadawul", ql.SaudiArabia(ql.SaudiArabia.Tadawul)),
    "TARGET-GBLO": (
        "TARGET and London, both open",
        ql.JointCalendar(ql.TARGET(), ql.UnitedKingdom(ql.UnitedKingdom.Settlement)),
    ),
}
FIRST, LAST = ql.Date(1, 12, 2023), ql.Date(31, 1, 2029)
CONVENTIONS = [ql.Unadjusted, ql.Following, ql.ModifiedFollowing, ql.Preceding]
DAY_COUNTS = [ql.Thirty360(ql.Thirty360.BondBasis), ql.Actual360(), ql.Actual365Fixed()]


def days(first, last):
    return (ql.Date(n) for n in range(first.serialNumber(), last.serialNumber() + 1))


def around_month_ends(first_year, last_year):
    """The last three days of every month and the first three of the next."""
    for day in days(ql.Date(1, 1, first_year), ql.Date(31, 12, last_year)):
        if day.dayOfMonth() <= 3 or ql.Date.endOfMonth(day) - day < 3:
            yield day


def weekend(calendar):
    """By ISO 8601, where QuantLib counts from Sunday, 1, to Saturday, 7."""
    return sorted((day + 5) % 7 + 1 for day in range(1, 8) if calendar.isWeekend(day))


def holidays(calendar, first, last):
    return [day.ISO() for day in calendar.holidayList(first, last, False)]


def write(name, header, rows):
    with open(HERE / name, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def day_counts():
    starts = list(around_month_ends(2023, 2024))[::2] + [ql.Date(15, 1, 2026)]
    ends = [ql.Date(28, 2, 2027), ql.Date(29, 2, 2028), ql.Date(30, 4, 2024), ql.Date(31, 8, 2025)]
    for start in starts:
        for end in ends + [start + length for length in (0, 1, 29, 30, 31, 60, 366, 1461)]:
            if end >= start:
                yield [start.ISO(), end.ISO()] + [count.dayCount(start, end) for count in DAY_COUNTS]


def adjustments():
    whole_year = set(days(ql.Date(1, 1, 2026), ql.Date(31, 12, 2026)))
    dates = sorted(whole_year | set(around_month_ends(2024, 2028)))
    for code, (_, calendar) in CALENDARS.items():
        for day in dates:
            adjusted = [calendar.adjust(day, convention).ISO() for convention in CONVENTIONS]
            later = calendar.advance(day, 2, ql.Days).ISO()
            yield [code, day.ISO()] + adjusted + [later]


def main():
    known = CALENDARS.items()
    write(
        "calendars.csv",
        ["code", "from", "to", "weekend"],
        [[code, FIRST.ISO(), LAST.ISO(), " ".join(map(str, weekend(c)))] for code, (_, c) in known],
    )
    write(
        "holidays.csv",
        ["code", "date"],
        [[code, day] for code, (_, c) in known for day in holidays(c, FIRST, LAST)],
    )
    write("day-counts.csv", ["from", "to", "A001", "A004", "A005"], day_counts())
    write(
        "adjustments.csv",
        ["code", "date", "none", "following", "modified_following", "preceding", "two_days_later"],
        adjustments(),
    )
    name, target = CALENDARS["TARGET"]
    first, last = ql.Date(1, 1, 2026), ql.Date(31, 12, 2030)
    example = {
        "code": "TARGET",
        "name": name,
        "weekend": weekend(target),
        "from": first.ISO(),
        "to": last.ISO(),
        "holidays": holidays(target, first, last),
    }
    with open(EXAMPLES / "TARGET-2026-2030.json", "w") as file:
        json.dump(example, file, indent=2)
        file.write("\n")
    print(f"QuantLib {ql.__version__}", file=sys.stderr)


main()
