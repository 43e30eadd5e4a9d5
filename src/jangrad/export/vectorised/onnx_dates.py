"""What a date becomes, as a function of ONNX: a graph shows it as one node, which can be opened."""

from __future__ import annotations

from typing import Any


def function_name(timed: bool) -> str:
    """What the function for dates, or for dates with a time, is called."""
    return "TimeParts" if timed else "DateParts"


def date_parts(timed: bool, dtype: Any) -> Any:
    """A function from seconds since 1970 to the inputs that a date becomes; nan for NaT.

    Args:
        timed: whether the hour is one of them.
        dtype: of the inputs.

    Source: the calendar of Howard Hinnant's `civil_from_days`, whose years begin in March, so that
    the day which not all of them have is their last, and whose eras are 400 years, 146,097 days.
    """
    from onnx import helper, parser

    body = _BODY + (_HOUR if timed else "") + _END.replace("HOUR", ", hour" if timed else "")
    code = str(helper.np_dtype_to_tensor_dtype(dtype))
    text = f'<opset_import: ["": 18], domain: "jangrad">{function_name(timed)} {body}'
    return parser.parse_function(text.replace("NUMBER", code))


_BODY = """(seconds) => (parts) {
    zero = Constant <value_int: int = 0> ()
    not_a_time = Constant <value_int: int = -9223372036854775808> ()
    is_unknown = Equal (seconds, not_a_time)
    known = Where (is_unknown, zero, seconds)

    seconds_of_a_day = Constant <value_int: int = 86400> ()
    second = Mod (known, seconds_of_a_day)
    until_the_day = Sub (known, second)
    day = Div (until_the_day, seconds_of_a_day)

    three = Constant <value_int: int = 3> ()
    seven = Constant <value_int: int = 7> ()
    since_monday = Add (day, three)
    weekday = Mod (since_monday, seven)

    until_march_of_year_0 = Constant <value_int: int = 719468> ()
    days_of_an_era = Constant <value_int: int = 146097> ()
    day_of_all = Add (day, until_march_of_year_0)
    era = Div (day_of_all, days_of_an_era)
    day_of_era = Mod (day_of_all, days_of_an_era)

    days_of_4_years = Constant <value_int: int = 1460> ()
    days_of_100_years = Constant <value_int: int = 36524> ()
    days_of_400_years = Constant <value_int: int = 146096> ()
    days_of_a_year = Constant <value_int: int = 365> ()
    leaps_4 = Div (day_of_era, days_of_4_years)
    leaps_100 = Div (day_of_era, days_of_100_years)
    leaps_400 = Div (day_of_era, days_of_400_years)
    less_4 = Sub (day_of_era, leaps_4)
    and_100 = Add (less_4, leaps_100)
    without_leaps = Sub (and_100, leaps_400)
    year_of_era = Div (without_leaps, days_of_a_year)

    four = Constant <value_int: int = 4> ()
    hundred = Constant <value_int: int = 100> ()
    common_days = Mul (year_of_era, days_of_a_year)
    leap_days = Div (year_of_era, four)
    no_leap_days = Div (year_of_era, hundred)
    since_the_era = Sub (day_of_era, common_days)
    less_leaps = Sub (since_the_era, leap_days)
    day_of_year = Add (less_leaps, no_leap_days)

    one = Constant <value_int: int = 1> ()
    two = Constant <value_int: int = 2> ()
    five = Constant <value_int: int = 5> ()
    twelve = Constant <value_int: int = 12> ()
    days_of_5_months = Constant <value_int: int = 153> ()
    five_days = Mul (day_of_year, five)
    five_days_and_2 = Add (five_days, two)
    months_since_march = Div (five_days_and_2, days_of_5_months)
    months_since_january = Add (months_since_march, two)
    month_from_0 = Mod (months_since_january, twelve)
    month = Add (month_from_0, one)

    years_of_an_era = Constant <value_int: int = 400> ()
    years_of_eras = Mul (era, years_of_an_era)
    year_from_march = Add (year_of_era, years_of_eras)
    years_over = Div (months_since_january, twelve)
    year = Add (year_from_march, years_over)

    until_2000 = Constant <value_int: int = 10957> ()
    whole_days = Sub (day, until_2000)
    days = Cast <to: int = NUMBER> (whole_days)
    second_number = Cast <to: int = NUMBER> (second)
    seconds_number = Cast <to: int = NUMBER> (seconds_of_a_day)
    part_of_day = Div (second_number, seconds_number)
    elapsed = Add (days, part_of_day)

    year_number = Cast <to: int = NUMBER> (year)
    month_number = Cast <to: int = NUMBER> (month)
    weekday_number = Cast <to: int = NUMBER> (weekday)
"""
_HOUR = """
    sixty = Constant <value_int: int = 60> ()
    minutes = Div (second, sixty)
    minutes_number = Cast <to: int = NUMBER> (minutes)
    sixty_number = Cast <to: int = NUMBER> (sixty)
    hour = Div (minutes_number, sixty_number)
"""
_END = """
    zero_number = Cast <to: int = NUMBER> (zero)
    nan = Div (zero_number, zero_number)
    all = Concat <axis: int = 1> (year_number, month_number, weekday_number, elapsedHOUR)
    parts = Where (is_unknown, nan, all)
}"""
