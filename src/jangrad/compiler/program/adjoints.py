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
ARRAY, SCATTER_ADD, BATCH_SCATTER_ADD, PICK, PUT, ELEMENT = codes.ARRAY, codes.SCATTER_ADD, codes.BATCH_SCATTER_ADD, codes.PICK, codes.PUT, codes.ELEMENT
NOTHING, PASS, NEGATE, TIMES_OTHER, SLOPE = codes.NOTHING, codes.PASS, codes.NEGATE, codes.TIMES_OTHER, codes.SLOPE
# fmt: on

_MOST_ALTERNATIVES = MOST_ALTERNATIVES


def differentiate(
    op, value, slot, ptr, child, key, batched, needed, forced, plan, slope_op, slope_uses, reaches_op,
    reaches_uses, tame, root, one, last, first, following, terms, spot, under, dirty, adjoint, rows,
    gate, side, equal, exact,
):  # fmt: skip
    """Append the nodes that compute d(root)/d(each needed node), each as a sum of contributions.

    The arrays op, slot, ptr, child, key and batched have room for the new nodes; `first` heads each
    node's list of contributions, `following` links it, `terms` holds the nodes, `spot` their places in a
    scatter. `forced` asks for a sum of its own even of one; `one` is a node that is 1,
    `last`, the last node there is, one that is 0. Returns how many nodes there are; `adjoint` tells
    each one's gradient.

    What contributes on one side of a choice alone is `under` a condition of `Gates`, -1 elsewhere; it
    is `dirty` where it may be nan when that is not met, for 0 times an infinite slope is. `gate`,
    `side` and `equal` are these operations; `reaches_op` is the one that says whether a rule contributes, -1
    where it always does, and `reaches_uses` what that uses; `tame` says of a rule that it multiplies
    with constants alone. `rows` is room for the conditions; `exact` says whether all is cut off that may
    be nan, also products below choices inside operations (`jangrad.contributions`).
    """
    size = root + 1
    count = last + 1
    edges = ptr[count]
    links = 0
    following[links] = -1
    terms[links] = one
    under[links] = -1
    first[root] = links
    links += 1
    gates = Gates(
        op, value, slot, ptr, child, key, batched, first, following, terms, under, dirty, reaches_op, reaches_uses,
        rows, gate, equal, one, last, exact,
    )  # fmt: skip
    for n in range(size - 1, -1, -1):
        if first[n] < 0:
            continue
        o = op[n]
        start = ptr[n]
        gated = 0
        k = first[n]
        while k >= 0:
            gated |= under[k] >= 0
            k = following[k]
        condition = -1
        unclean = 0
        if gated:
            gates.count = count
            gates.edges = edges
            condition = gates.meet(n)
            unclean = gates.unclean
            count = gates.count
            edges = gates.edges
        if o == ARRAY:  # puts are summed where they lie, those of rows of the batch apart
            for part in range(2):
                is_batched = 0
                k = first[n]
                while k >= 0:
                    apart = 0 if batched[n] else batched[terms[k]]
                    if apart == part:
                        child[edges] = terms[k]
                        edges += 1
                        is_batched |= batched[terms[k]]
                    k = following[k]
                if ptr[count] == edges:
                    continue
                g = count
                op[g] = BATCH_SCATTER_ADD if part else SCATTER_ADD
                slot[g] = ptr[n + 1] - start
                key[g] = key[n]
                batched[g] = 0 if part else is_batched
                count += 1
                ptr[count] = edges
                for e in range(start, ptr[n + 1]):
                    c = child[e]
                    if not needed[c]:
                        continue
                    op[count] = ELEMENT
                    slot[count] = e - start
                    child[edges] = g
                    edges += 1
                    # a table's elements lie as its rows do
                    key[count] = slot[c] if op[c] == PARAM else key[c]
                    batched[count] = batched[g]
                    following[links] = first[c]
                    terms[links] = count
                    under[links] = gates.at_place(n, e - start)
                    first[c] = links
                    links += 1
                    count += 1
                    ptr[count] = edges
            continue
        # The contributions to each place, beside each other.
        if o == SCATTER_ADD or o == BATCH_SCATTER_ADD:
            for e in range(edges, edges + slot[n]):
                child[e] = last
            is_batched = 0
            k = first[n]
            while k >= 0:
                child[edges + spot[k]] = terms[k]
                is_batched |= batched[terms[k]]
                k = following[k]
            edges += slot[n]
            op[count] = ARRAY
            key[count] = key[n]
            batched[count] = is_batched
            for e in range(start, ptr[n + 1]):
                c = child[e]
                if needed[c]:
                    following[links] = first[c]
                    terms[links] = count
                    under[links] = -1
                    first[c] = links
                    links += 1
            count += 1
            ptr[count] = edges
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
        if batched[n] or o == PUT:  # each row has its own gradient: none is summed over the batch
            others += of_rows
            of_rows = 0
        g = terms[first[n]]
        if of_rows > 0:
            k = first[n]
            while k >= 0:
                if batched[terms[k]]:
                    child[edges] = terms[k]
                    edges += 1
                k = following[k]
            op[count] = BATCH_SUM
            key[count] = key[n]
            batched[count] = 0
            g = count
            count += 1
            ptr[count] = edges
        if others > 1 or (of_rows > 0 and others > 0) or (of_rows == 0 and forced[n] and o != PUT):
            is_batched = 0
            if of_rows > 0:
                child[edges] = g
                edges += 1
            k = first[n]
            while k >= 0:
                if batched[n] or not batched[terms[k]]:
                    child[edges] = terms[k]
                    edges += 1
                    is_batched |= batched[terms[k]]
                k = following[k]
            op[count] = SUM
            key[count] = slot[n] if op[n] == PARAM else key[n]
            batched[count] = is_batched
            g = count
            count += 1
            ptr[count] = edges
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
            if unclean and o == PICK:  # an array is no number, so it is cut off before
                gates.count = count
                gates.edges = edges
                g = gates.cut(condition, g)
                unclean = 0
                count = gates.count
                edges = gates.edges
            term = g
            met = condition
            soiled = unclean
            if p == TIMES_OTHER and o == MUL and condition >= 0:
                other = child[start + 1 - i]
                if op[other] != CONST:
                    soiled |= gates.explicit[condition]
                elif not -1e99 < value[other] < 1e99:
                    soiled = 1
            elif p == SLOPE:
                if condition >= 0 and not tame[o, i]:
                    soiled = 1
                if o == gate or o == side:
                    met = gates.below(condition, child[start])
                elif asks:
                    met = gates.below_rule(condition, n, i)
            if p != PASS:
                child[edges] = g
                edges += 1
                is_batched = batched[g]
                op[count] = slope_op[o, i]
                if p == TIMES_OTHER:
                    other = child[start + 1 - i]
                    child[edges] = other
                    edges += 1
                    is_batched |= batched[other]
                elif p == SLOPE:
                    bits = slope_uses[o, i]
                    for b in range(3):
                        if bits >> b & 1:
                            other = n if b == 2 else child[start + b]
                            child[edges] = other
                            edges += 1
                            is_batched |= batched[other]
                key[count] = key[n] * 4 + i
                batched[count] = is_batched
                term = count
                count += 1
                ptr[count] = edges
            following[links] = first[c]
            terms[links] = term
            under[links] = met
            dirty[links] = soiled
            spot[links] = slot[n]  # of an element
            first[c] = links
            links += 1
    return count


@cython.cclass
class Gates:
    """The conditions under which gradients pass, and the nodes that cut them off elsewhere.

    A condition is a number above 0: that another one is met (`above`, -1 for none), and that the
    node `test` is not 0, or that it is, as `holds` says; or, where `test` is -1, that the rule of an
    input of a node contributes (`owner`, `position`). `truth` is a node that is not 0 where all this is so,
    0 while nobody has asked for it; `opposite` is the condition that differs in `holds` alone.
    `explicit` tells choices of the user's from those inside operations, `wide` what each row of a
    batch has for itself. `following_test` links the conditions of a test, which `of_test` heads.
    Where `test` is -2 it is that an array (`owner`) is picked of at a place (`position`); `hits` are
    arrays of how often each place is, made of `unit_put`, the puts of 1 for each contribution.
    `unit` is a node that is 1 where a condition is met, 0 while nobody has asked; `last_of` the last
    condition that is met where one of several is (`either`), and of which this is one.
    """

    def __init__(
        self, op, value, slot, ptr, child, key, batched, first, following, terms, under, dirty, reaches_op,
        reaches_uses, rows, gate, equal, one, zero, exact,
    ):  # fmt: skip
        self.op, self.value, self.slot, self.ptr, self.child = op, value, slot, ptr, child
        self.key, self.batched = key, batched
        self.first, self.following, self.terms = first, following, terms
        self.under, self.dirty = under, dirty
        self.reaches_op, self.reaches_uses = reaches_op, reaches_uses
        self.gate, self.equal, self.exact = gate, equal, exact
        self.one, self.zero = one, zero
        self.count = self.edges = self.unclean = 0
        self.conditions = 1
        self.above, self.test, self.holds, self.truth = rows[0], rows[1], rows[2], rows[3]
        self.opposite, self.explicit, self.wide = rows[4], rows[5], rows[6]
        self.owner, self.position, self.following_test = rows[7], rows[8], rows[9]
        self.seen, self.chain, self.of_test = rows[10], rows[11], rows[12]
        self.unit, self.last_of, self.hits, self.unit_put = rows[13], rows[14], rows[15], rows[16]
        self.last = self.last_size = self.last_batched = 0

    def append(self, o, one, two):
        """A new node with one input, or with two; `two` is -1 for none."""
        n = self.count
        self.op[n] = o
        self.key[n] = self.key[one]
        self.batched[n] = self.batched[one]
        self.child[self.edges] = one
        self.edges += 1
        if two >= 0:
            self.batched[n] |= self.batched[two]
            self.child[self.edges] = two
            self.edges += 1
        self.count += 1
        self.ptr[self.count] = self.edges
        return n

    def condition(self, above, test, holds, explicit, wide):
        """A new condition."""
        k = self.conditions
        self.conditions += 1
        self.above[k], self.test[k], self.holds[k] = above, test, holds
        self.explicit[k], self.wide[k] = explicit or self.exact, wide
        if above >= 0:
            self.explicit[k] |= self.explicit[above]
            self.wide[k] |= self.wide[above]
        return k

    def below_rule(self, above, n, i):
        """That a condition is met, and that the rule of an input of node n contributes."""
        k = self.condition(above, -1, 1, 0, self.batched[n])
        self.owner[k], self.position[k] = n, i
        return k

    def at_place(self, n, place):
        """That an array's number at this place is picked, in any row of the batch."""
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
                own = self.picked(self.owner[j], self.position[j])
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
        found = self.count
        bits = self.reaches_uses[self.op[n], i]
        self.op[found] = self.reaches_op[self.op[n], i]
        self.key[found] = self.key[n] * 4 + i
        self.batched[found] = 0
        for b in range(3):
            if bits >> b & 1:
                other = n if b == 2 else self.child[self.ptr[n] + b]
                self.child[self.edges] = other
                self.edges += 1
                self.batched[found] |= self.batched[other]
        self.count += 1
        self.ptr[self.count] = self.edges
        return found

    def picked(self, n, place):
        """A node that is not 0 where an array's number at this place is picked."""
        total = -1
        for part in range(2):  # as the contributions to the array are summed, those of rows apart
            array = self.hits[2 * n + part]
            if array == 0:
                array = self.hits[2 * n + part] = self.count_picks(n, part)
            if array < 0:
                continue
            own = self.append(ELEMENT, array, -1)
            self.slot[own] = place
            total = own if total < 0 else self.append(SUM, total, own)
        return total

    def count_picks(self, n, part):
        """How often each number of an array is picked, as an array; -1 where this part has none."""
        k = self.first[n]
        while k >= 0:
            if (not self.batched[n] and self.batched[self.terms[k]]) == part:
                one = self.one if self.under[k] < 0 else self.one_if_met(self.under[k])
                index = self.child[self.ptr[self.terms[k]] + 1]
                self.unit_put[k] = self.append(PUT, one, index)
            k = self.following[k]
        start = self.edges
        wide = 0
        k = self.first[n]
        while k >= 0:
            if (not self.batched[n] and self.batched[self.terms[k]]) == part:
                self.child[self.edges] = self.unit_put[k]
                self.edges += 1
                wide |= self.batched[self.unit_put[k]]
            k = self.following[k]
        if self.edges == start:
            return -1
        found = self.count
        self.op[found] = BATCH_SCATTER_ADD if part else SCATTER_ADD
        self.slot[found] = self.ptr[n + 1] - self.ptr[n]
        self.key[found] = self.key[n]
        self.batched[found] = 0 if part else wide
        self.count += 1
        self.ptr[self.count] = self.edges
        return found

    def meet(self, n):
        """The condition under which anything reaches node n; -1 for always.

        What contributes under others is cut off by these. `unclean` then tells whether what is left
        may be nan where the condition is not met.
        """
        o = self.op[n]
        k = self.first[n]
        found = self.under[k]
        alike = 1
        always = o == PARAM or o == INPUT or o == SCATTER_ADD or o == BATCH_SCATTER_ADD
        while k >= 0:
            alike &= self.under[k] == found
            always |= self.under[k] < 0
            k = self.following[k]
        if always:
            found = -1
        elif not alike or (self.wide[found] and not self.batched[n]):
            found = self.either(n)
        self.unclean = 0
        k = self.first[n]
        while k >= 0:
            if self.dirty[k]:
                if self.under[k] == found:
                    self.unclean = 1
                else:
                    self.terms[k] = self.cut(self.under[k], self.terms[k])
                    self.dirty[k] = 0
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
        if left == 1 and (self.batched[n] or not self.wide[k]):
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
                if self.seen[c] == 2 * n + 2 and (self.wide[c] and not self.batched[n]) != part:
                    self.one_if_met(c)
                c = self.chain[c]
            start = self.edges
            wide = 0
            c = top
            while c > 0:
                if self.seen[c] == 2 * n + 2 and (self.wide[c] and not self.batched[n]) != part:
                    self.child[self.edges] = self.unit[c]
                    self.edges += 1
                    wide |= self.batched[self.unit[c]]
                c = self.chain[c]
            if self.edges == start:
                continue
            if total >= 0:
                self.child[self.edges] = total
                self.edges += 1
            total = self.count
            self.op[total] = SUM if part else BATCH_SUM
            self.key[total] = self.key[n]
            self.batched[total] = wide if part else 0
            self.count += 1
            self.ptr[self.count] = self.edges
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
