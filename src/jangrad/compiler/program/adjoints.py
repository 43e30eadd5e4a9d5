# cython: wraparound=False
"""Reverse mode over a program: what contributes to which gradient, and under which conditions.

It touches every scalar, so it runs as plain Python and compiles with Cython (`adjoints.pxd`), as
`sweeps.py` does; `differentiate.py` makes its arrays.
"""

from __future__ import annotations

from jangrad.compiler.program import codes
from jangrad.contributions import MOST_ALTERNATIVES

try:
    import cython
except ImportError:
    from jangrad import nocython as cython

# fmt: off
# Copies that compile to C's own integers.
PARAM, INPUT, CONST, STATIC = codes.PARAM, codes.INPUT, codes.CONST, codes.STATIC
SUM, BATCH_SUM, MUL = codes.SUM, codes.BATCH_SUM, codes.MUL
ARRAY, SCATTER_ADD, BATCH_SCATTER_ADD, GATHER, SCATTER, ELEMENT = codes.ARRAY, codes.SCATTER_ADD, codes.BATCH_SCATTER_ADD, codes.GATHER, codes.SCATTER, codes.ELEMENT
NOTHING, PASS, NEGATE, TIMES_OTHER, PARTIAL = codes.NOTHING, codes.PASS, codes.NEGATE, codes.TIMES_OTHER, codes.PARTIAL
# fmt: on

_MOST_ALTERNATIVES = MOST_ALTERNATIVES


def differentiate(
    op, value, slot, ptr, child, key, batched, needed, forced, plan, partial_op, partial_uses, reaches_op,
    reaches_uses, bounded, root, one, last, first, links, maybe_nan, adjoint, rows, gate, side, equal, exact,
):  # fmt: skip
    """Append the nodes that compute d(root)/d(each needed node), each as a sum of contributions.

    The arrays op, slot, ptr, child, key and batched have room for the new nodes; `first`, `links` and
    `maybe_nan` for contributions, `rows` for conditions (`Adjoints`). `forced` asks for a sum of its own
    even of one; `one` is a node that is 1, `last`, the last node there is, one that is 0. Returns how
    many nodes there are; `adjoint` tells each one's gradient.

    `plan` says how the gradient passes to an input, `partial_op` by which operation, `partial_uses` what
    that uses beside the gradient; `reaches_op` is the one that says whether a rule contributes, -1 where
    it always does, and `reaches_uses` what that uses; `bounded` says of a rule that it multiplies with
    constants alone. `gate`, `side` and `equal` are these operations; `exact` says whether all is cut off
    that may be nan, also products below choices inside operations (`jangrad.contributions`).
    """
    made = Adjoints(
        op, value, slot, ptr, child, key, batched, first, links, maybe_nan, reaches_op, reaches_uses, rows, gate,
        equal, one, last, exact,
    )  # fmt: skip
    following = links[0]
    terms = links[1]
    element = links[2]
    made.contribute(root, one, -1, 0, 0)
    for n in range(root, -1, -1):
        if first[n] < 0:
            continue
        o = op[n]
        start = ptr[n]
        condition = made.meet(n)
        left_maybe_nan = made.left_maybe_nan
        if o == ARRAY:  # scattered numbers are added in place, those of rows of the batch apart
            for part in range(2):
                g = made.scatter_add(n, part, terms)
                if g < 0:
                    continue
                for e in range(start, ptr[n + 1]):
                    c = child[e]
                    if needed[c]:
                        made.input(g)
                        slot[made.count] = e - start
                        # a table's elements lie as its rows do
                        term = made.node(ELEMENT, slot[c] if op[c] == PARAM else key[c])
                        made.contribute(c, term, made.at_place(n, e - start), 0, 0)
            continue
        # The contributions to each place, beside each other.
        if o == SCATTER_ADD or o == BATCH_SCATTER_ADD:
            for _place in range(slot[n]):
                made.input(last)
            k = first[n]
            while k >= 0:
                child[made.edges - slot[n] + element[k]] = terms[k]
                made.is_batched |= batched[terms[k]]
                k = following[k]
            term = made.node(ARRAY, key[n])
            for e in range(start, ptr[n + 1]):
                if needed[child[e]]:
                    made.contribute(child[e], term, -1, 0, 0)
            continue
        of_rows = 0
        others = 0
        k = first[n]
        while k >= 0:
            if batched[terms[k]]:
                of_rows += 1
            else:
                others += 1
            k = following[k]
        if (
            batched[n] or o == SCATTER
        ):  # each row has its own gradient: none is summed over the batch
            others += of_rows
            of_rows = 0
        g = terms[first[n]]
        if of_rows > 0:
            k = first[n]
            while k >= 0:
                if batched[terms[k]]:
                    made.input(terms[k])
                k = following[k]
            g = made.node(BATCH_SUM, key[n])
        if (
            others > 1
            or (of_rows > 0 and others > 0)
            or (of_rows == 0 and forced[n] and o != SCATTER)
        ):
            if of_rows > 0:
                made.input(g)
            k = first[n]
            while k >= 0:
                if batched[n] or not batched[terms[k]]:
                    made.input(terms[k])
                k = following[k]
            g = made.node(SUM, slot[n] if o == PARAM else key[n])
        adjoint[n] = g
        for e in range(ptr[n + 1] - 1, start - 1, -1):
            c = child[e]
            if not needed[c]:
                continue
            i = e - start if o > BATCH_SCATTER_ADD else 0
            p = plan[o, i]
            if p == NOTHING:
                continue
            asks = reaches_op[o, i] >= 0
            if asks and op[child[ptr[n + 1] - 1]] == STATIC:  # a plain exponent answers at once
                if value[child[ptr[n + 1] - 1]] == 0.0:
                    continue
                asks = False
            if left_maybe_nan and o == GATHER:  # an array is no number, so it is cut off before
                g = made.cut(condition, g)
                left_maybe_nan = 0
            term = g
            met = condition
            term_maybe_nan = left_maybe_nan
            if p == TIMES_OTHER and o == MUL and condition >= 0:
                other = child[start + 1 - i]
                if op[other] != CONST:
                    term_maybe_nan |= made.explicit[condition]
                elif not -1e99 < value[other] < 1e99:
                    term_maybe_nan = 1
            elif p == PARTIAL:
                if condition >= 0 and not bounded[o, i]:
                    term_maybe_nan = 1
                if o == gate or o == side:
                    met = made.below(condition, child[start])
                elif asks:
                    met = made.below_rule(condition, n, i)
            if p != PASS:
                made.input(g)
                if p == TIMES_OTHER:
                    made.input(child[start + 1 - i])
                elif p == PARTIAL:
                    made.inputs_of_rule(n, partial_uses[o, i])
                term = made.node(partial_op[o, i], key[n] * 4 + i)
            made.contribute(c, term, met, term_maybe_nan, slot[n])
    return made.count


@cython.cclass
class Adjoints:
    """Nodes that are appended to a program, contributions to gradients, and conditions of these.

    `first` heads each node's list of contributions, `following` links it, `terms` holds the nodes,
    `element` their places in a scatter-add. What contributes on one side of a choice alone is `under` a
    condition, -1 elsewhere; it is `maybe_nan` where it may be nan when that is not met, for 0 times an
    infinite partial is.

    A condition is a number above 0: that another one is met (`above`, -1 for none), and that the
    node `test` is not 0, or that it is, as `holds` says; or, where `test` is -1, that the rule of an
    input of a node contributes (`owner`, `position`). `truth` is a node that is not 0 where all this is so,
    0 while nobody has asked for it; `opposite` is the condition that differs in `holds` alone.
    `explicit` tells choices of the user's from those inside operations, `per_row` what each row of a
    batch has for itself. `following_test` links the conditions of a test, which `of_test` heads.
    Where `test` is -2 it is that an array (`owner`) is gathered from at a place (`position`); `hits` are
    arrays of how often each place is, made of `unit_scatter`, the scatters of 1 for each contribution.
    `unit` is a node that is 1 where a condition is met, 0 while nobody has asked; `last_of` the last
    condition that is met where one of several is (`either`), and of which this is one.
    """

    def __init__(
        self, op, value, slot, ptr, child, key, batched, first, links, maybe_nan, reaches_op, reaches_uses, rows,
        gate, equal, one, zero, exact,
    ):  # fmt: skip
        self.op, self.value, self.slot, self.ptr, self.child = op, value, slot, ptr, child
        self.key, self.batched = key, batched
        self.first, self.maybe_nan = first, maybe_nan
        self.following, self.terms, self.element, self.under = (
            links[0],
            links[1],
            links[2],
            links[3],
        )
        self.reaches_op, self.reaches_uses = reaches_op, reaches_uses
        self.gate, self.equal, self.exact = gate, equal, exact
        self.one, self.zero = one, zero
        self.count = zero + 1
        self.edges = ptr[self.count]
        self.is_batched = self.contributions = self.left_maybe_nan = 0
        self.conditions = 1
        self.above, self.test, self.holds, self.truth = rows[0], rows[1], rows[2], rows[3]
        self.opposite, self.explicit, self.per_row = rows[4], rows[5], rows[6]
        self.owner, self.position, self.following_test = rows[7], rows[8], rows[9]
        self.seen, self.chain, self.of_test = rows[10], rows[11], rows[12]
        self.unit, self.last_of = rows[13], rows[14]
        self.hits, self.unit_scatter = rows[15], rows[16]
        self.last = self.last_size = self.last_batched = 0

    def input(self, c):
        """One more input of the node that comes next."""
        self.child[self.edges] = c
        self.edges += 1
        self.is_batched |= self.batched[c]

    def inputs_of_rule(self, n, bits):
        """What a rule of node n uses, a bit for each of a, b and y."""
        for b in range(3):
            if bits >> b & 1:
                self.input(n if b == 2 else self.child[self.ptr[n] + b])

    def node(self, o, key):
        """A new node, of the inputs since the last one."""
        n = self.count
        self.op[n] = o
        self.key[n] = key
        self.batched[n] = 0 if o == BATCH_SUM or o == BATCH_SCATTER_ADD else self.is_batched
        self.is_batched = 0
        self.count += 1
        self.ptr[self.count] = self.edges
        return n

    def append(self, o, one, two):
        """A new node with one input, or with two; `two` is -1 for none."""
        self.input(one)
        if two >= 0:
            self.input(two)
        return self.node(o, self.key[one])

    def contribute(self, n, term, under, maybe_nan, element):
        """Note what contributes to the gradient of node n."""
        k = self.contributions
        self.contributions += 1
        self.following[k] = self.first[n]
        self.terms[k] = term
        self.under[k] = under
        self.maybe_nan[k] = maybe_nan
        self.element[k] = element
        self.first[n] = k

    def scatter_add(self, n, part, updates):
        """The sum of updates of an array, one for each contribution; -1 for none.

        Those of rows of the batch are summed apart (`part` 1), unless each has an array of its own.
        """
        k = self.first[n]
        while k >= 0:
            if (not self.batched[n] and self.batched[self.terms[k]]) == part:
                self.input(updates[k])
            k = self.following[k]
        if self.ptr[self.count] == self.edges:
            return -1
        self.slot[self.count] = self.ptr[n + 1] - self.ptr[n]
        return self.node(BATCH_SCATTER_ADD if part else SCATTER_ADD, self.key[n])

    def condition(self, above, test, holds, explicit, per_row):
        """A new condition."""
        k = self.conditions
        self.conditions += 1
        self.above[k], self.test[k], self.holds[k] = above, test, holds
        self.explicit[k], self.per_row[k] = explicit or self.exact, per_row
        if above >= 0:
            self.explicit[k] |= self.explicit[above]
            self.per_row[k] |= self.per_row[above]
        return k

    def below_rule(self, above, n, i):
        """That a condition is met, and that the rule of an input of node n contributes."""
        k = self.condition(above, -1, 1, 0, self.batched[n])
        self.owner[k], self.position[k] = n, i
        return k

    def at_place(self, n, place):
        """That an array's number at this place is gathered, in any row of the batch."""
        k = self.condition(-1, -2, 1, 0, self.batched[n])
        self.owner[k], self.position[k] = n, place
        return k

    def below(self, above, test):
        """That a condition is met, and that a node is not 0."""
        holds = 1
        while True:  # what a trace makes of `not`, and of a test that is a number
            o = self.op[test]
            if o != self.equal and o != self.gate:
                break
            second = self.child[self.ptr[test] + 1]
            if self.op[second] != CONST or (self.value[second] == 0.0) != (o == self.equal):
                break
            if o == self.equal:
                holds = 1 - holds
            test = self.child[self.ptr[test]]
        opposite = 0
        k = self.of_test[test]
        while k > 0:
            if self.above[k] == above:
                if self.holds[k] == holds:
                    return k
                opposite = k
            k = self.following_test[k]
        k = self.condition(above, test, holds, 1, self.batched[test])
        self.following_test[k] = self.of_test[test]
        self.of_test[test] = k
        if opposite > 0:
            self.opposite[k] = opposite
            self.opposite[opposite] = k
        return k

    def cut(self, k, term):
        """The contribution, and 0 where the condition is not met."""
        while self.truth[k] == 0:
            j = k
            while self.above[j] > 0 and self.truth[self.above[j]] == 0:
                j = self.above[j]
            own = self.test[j]
            if own == -2:
                own = self.gathered(self.owner[j], self.position[j])
            elif own < 0:
                own = self.said(self.owner[j], self.position[j])
            elif not self.holds[j]:
                own = self.append(self.equal, own, self.zero)
            if self.above[j] > 0:
                own = self.append(self.gate, self.truth[self.above[j]], own)
            self.truth[j] = own
        if term < 0:
            return self.truth[k]
        found = self.append(self.gate, self.truth[k], term)
        self.key[found] = self.key[term]
        return found

    def said(self, n, i):
        """The node that says whether the rule of an input of node n contributes."""
        self.inputs_of_rule(n, self.reaches_uses[self.op[n], i])
        return self.node(self.reaches_op[self.op[n], i], self.key[n] * 4 + i)

    def gathered(self, n, place):
        """A node that is not 0 where an array's number at this place is gathered."""
        total = -1
        for part in range(2):  # as the contributions to the array are summed, those of rows apart
            array = self.hits[2 * n + part]
            if array == 0:
                array = self.hits[2 * n + part] = self.count_gathers(n, part)
            if array < 0:
                continue
            own = self.append(ELEMENT, array, -1)
            self.slot[own] = place
            total = own if total < 0 else self.append(SUM, total, own)
        return total

    def count_gathers(self, n, part):
        """How often each number of an array is gathered, as an array; -1 where this part has none."""
        k = self.first[n]
        while k >= 0:
            if (not self.batched[n] and self.batched[self.terms[k]]) == part:
                one = self.one if self.under[k] < 0 else self.one_if_met(self.under[k])
                index = self.child[self.ptr[self.terms[k]] + 1]
                self.unit_scatter[k] = self.append(SCATTER, one, index)
            k = self.following[k]
        return self.scatter_add(n, part, self.unit_scatter)

    def meet(self, n):
        """The condition under which anything reaches node n; -1 for always.

        What contributes under others is cut off by these. `left_maybe_nan` then tells whether what
        is left may be nan where the condition is not met.
        """
        o = self.op[n]
        k = self.first[n]
        found = self.under[k]
        gated = 0
        alike = 1
        always = o == PARAM or o == INPUT or o == SCATTER_ADD or o == BATCH_SCATTER_ADD
        while k >= 0:
            gated |= self.under[k] >= 0
            alike &= self.under[k] == found
            always |= self.under[k] < 0
            k = self.following[k]
        self.left_maybe_nan = 0
        if not gated:
            return -1
        if always:
            found = -1
        elif not alike or (self.per_row[found] and not self.batched[n]):
            found = self.either(n)
        k = self.first[n]
        while k >= 0:
            if self.maybe_nan[k]:
                if self.under[k] == found:
                    self.left_maybe_nan = 1
                else:
                    self.terms[k] = self.cut(self.under[k], self.terms[k])
                    self.maybe_nan[k] = 0
            k = self.following[k]
        return found

    def either(self, n):
        """That one of the conditions is met under which anything reaches node n; -1 for always."""
        top = 0
        k = self.first[n]
        while k >= 0:
            c = self.under[k]
            while c > 0 and self.opposite[c] > 0 and self.seen[self.opposite[c]] == 2 * n + 2:
                self.seen[self.opposite[c]] = 2 * n + 1  # one of the two holds whatever comes
                c = self.above[c]
            if c < 0:
                return -1
            if self.seen[c] < 2 * n + 1 or self.seen[c] > 2 * n + 2:
                self.chain[c] = top
                top = c
            self.seen[c] = 2 * n + 2
            k = self.following[k]
        left = 0
        explicit = 0
        c = top
        while c > 0:
            if self.seen[c] == 2 * n + 2:
                left += 1
                explicit |= self.explicit[c]
                k = c
            c = self.chain[c]
        if left == 1 and (self.batched[n] or not self.per_row[k]):
            return k
        if left > _MOST_ALTERNATIVES and not explicit:
            return -1
        # The same as of the node before, as for all outputs of a layer?
        alike = left == self.last_size and self.batched[n] == self.last_batched
        c = top
        while c > 0 and alike:
            alike = self.seen[c] != 2 * n + 2 or self.last_of[c] == self.last
            c = self.chain[c]
        if alike:
            return self.last
        total = -1
        for part in range(2):  # how many are met; first those that each row of a batch has
            c = top
            while c > 0:
                if self.seen[c] == 2 * n + 2 and (self.per_row[c] and not self.batched[n]) != part:
                    self.one_if_met(c)
                c = self.chain[c]
            c = top
            while c > 0:
                if self.seen[c] == 2 * n + 2 and (self.per_row[c] and not self.batched[n]) != part:
                    self.input(self.unit[c])
                c = self.chain[c]
            if self.edges == self.ptr[self.count]:
                continue
            if total >= 0:
                self.input(total)
            total = self.node(SUM if part else BATCH_SUM, self.key[n])
        self.last = self.condition(-1, total, 1, explicit, self.batched[total])
        self.last_size = left
        self.last_batched = self.batched[n]
        c = top
        while c > 0:
            if self.seen[c] == 2 * n + 2:
                self.last_of[c] = self.last
            c = self.chain[c]
        return self.last

    def one_if_met(self, k):
        """The node that is 1 where the condition is met, and 0 elsewhere."""
        if self.unit[k] == 0:
            own = self.append(self.equal, self.cut(k, -1), self.zero)
            self.unit[k] = self.append(self.equal, own, self.zero)
        return self.unit[k]
