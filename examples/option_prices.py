"""Prices of options, and how they change with everything that goes in.

Black and Scholes' price is a formula. An Asian option, on the mean of the prices on the way, has
none and is averaged over 100,000 paths. The gradient gives all sensitivities at once.

It prints:

                 European      Asian
    price           7.128      3.477
    and its slope by
    spot            0.502      0.413
    strike         -0.411     -0.360
    rate           43.113     19.502
    volatility     39.893     23.814
    years           5.283      2.967
"""

from typing import Any

import numpy as np

from jangrad import erf, exp, jit, log, relu, sqrt, value_and_grad

NAMES = ("spot", "strike", "rate", "volatility", "years")
MARKET = [100.0, 105.0, 0.03, 0.2, 1.0]
MONTHS, PATHS = 12, 100_000


def black_scholes(market: Any) -> Any:
    """The price of a European call."""
    spot, strike, rate, volatility, years = market
    spread = volatility * sqrt(years)
    d1 = (log(spot / strike) + (rate + volatility**2 / 2) * years) / spread

    def normal(x: Any) -> Any:
        return 0.5 * (1 + erf(x / 2**0.5))

    return spot * normal(d1) - strike * exp(-rate * years) * normal(d1 - spread)


@jit
def asian(market: Any, draws: Any) -> Any:
    """What a call on the mean of the monthly prices is worth on one path."""
    spot, strike, rate, volatility, years = market
    step = years / MONTHS
    price, total = spot, 0.0
    for draw in draws:
        growth = (rate - volatility**2 / 2) * step + volatility * sqrt(step) * draw
        price = price * exp(growth)
        total = total + price
    return exp(-rate * years) * relu(total / MONTHS - strike)


def main() -> None:
    """Both, with their sensitivities."""
    draws = np.random.default_rng(0).standard_normal((PATHS, MONTHS))
    european = value_and_grad(black_scholes)(MARKET)
    averaged = value_and_grad(asian).map(MARKET, draws, in_axes=(None, 0), reduce="mean")
    print(f"{'':10}  {'European':>9}  {'Asian':>9}")
    print(f"{'price':10}  {european[0]:9.3f}  {averaged[0]:9.3f}")
    print("and its slope by")
    for name, of_european, of_asian in zip(NAMES, european[1], averaged[1], strict=True):
        print(f"{name:10}  {of_european:9.3f}  {of_asian:9.3f}")


if __name__ == "__main__":
    main()
