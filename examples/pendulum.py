"""Control a pendulum by differentiating through its simulation.

The pendulum stands on its head and falls. A motor may push: by how much is a function of angle and
speed, with two numbers to be found. The cost of a whole simulation is a Value like any other, so
its gradient says how to change them.

It prints:

    at first  push = -(15.00 * angle + 5.00 * speed)  cost 0.288  angle 0.001
    found     push = -(21.07 * angle + 5.56 * speed)  cost 0.226  angle 0.000
"""

from typing import Any

from jangrad import minimize, sin

STEPS, DT = 100, 0.05
GRAVITY, FRICTION = 9.81, 0.1


def simulate(gains: Any, angle: Any = 0.5, speed: Any = 0.0) -> tuple[Any, Any]:
    """The cost of five seconds, and the angle at their end."""
    cost = 0.0
    for _ in range(STEPS):
        push = -(gains[0] * angle + gains[1] * speed)
        speed = speed + DT * (GRAVITY * sin(angle) - FRICTION * speed + push)
        angle = angle + DT * speed
        cost = cost + DT * (angle * angle + 0.01 * push * push)
    return cost, angle


def main() -> None:
    """Find the two numbers."""
    start = [15.0, 5.0]
    found = minimize(lambda gains: simulate(gains)[0], start)
    for name, gains in (("at first", start), ("found", found.x)):
        cost, angle = simulate(gains)
        push = f"push = -({gains[0]:.2f} * angle + {gains[1]:.2f} * speed)"
        print(f"{name:8}  {push}  cost {cost:.3f}  angle {abs(angle):.3f}")


if __name__ == "__main__":
    main()
