package duplicate

import "math"

// maxCost bounds how far the search for the shortest edit goes at one place.
// Beyond, the furthest point reached is good enough, as in GNU diff: aligning n
// words takes O(n·maxCost) steps and linear space.
const maxCost = 256

// An aligner finds the longest common subsequence of two texts' tokens by
// divide and conquer (Myers, "An O(ND) Difference Algorithm and Its Variations",
// Algorithmica 1986, section 4b).
type aligner struct {
	a, b              []int32
	forward, backward []int // furthest x on each diagonal x−y
	zero              int   // place of diagonal 0
	match             func(i, j, n int)
}

// align calls match for each run of tokens that a and b share, in order:
// a[i:i+n] equals b[j:j+n].
func align(a, b []int32, match func(i, j, n int)) {
	n := len(a) + len(b) + 3
	s := aligner{a: a, b: b, forward: make([]int, n), backward: make([]int, n), zero: len(b) + 1, match: match}
	s.compare(0, len(a), 0, len(b))
}

// compare aligns a[x0:x1] with b[y0:y1].
func (s *aligner) compare(x0, x1, y0, y1 int) {
	head := 0
	for x0+head < x1 && y0+head < y1 && s.a[x0+head] == s.b[y0+head] {
		head++
	}
	if head > 0 {
		s.match(x0, y0, head)
	}
	x0, y0 = x0+head, y0+head
	tail := 0
	for x0 < x1-tail && y0 < y1-tail && s.a[x1-1-tail] == s.b[y1-1-tail] {
		tail++
	}
	x1, y1 = x1-tail, y1-tail
	if x0 < x1 && y0 < y1 {
		x, y := s.middle(x0, x1, y0, y1)
		s.compare(x0, x, y0, y)
		s.compare(x, x1, y, y1)
	}
	if tail > 0 {
		s.match(x1, y1, tail)
	}
}

// A reach is the diagonals that a search has got to.
type reach struct{ low, high int }

// widen adds a diagonal at each end, within low…high, and puts edge beyond.
func (r *reach) widen(at []int, zero, low, high, edge int) {
	if r.low > low {
		r.low--
		at[zero+r.low-1] = edge
	} else {
		r.low++
	}
	if r.high < high {
		r.high++
		at[zero+r.high+1] = edge
	} else {
		r.high--
	}
}

// middle returns a point on a shortest way through a[x0:x1] and b[y0:y1], from
// both of whose ends it searches; if that costs too much, one on a good way.
func (s *aligner) middle(x0, x1, y0, y1 int) (x, y int) {
	low, high := x0-y1, x1-y0
	f, b := reach{x0 - y0, x0 - y0}, reach{x1 - y1, x1 - y1}
	odd := (f.low-b.low)&1 != 0
	s.forward[s.zero+f.low], s.backward[s.zero+b.low] = x0, x1
	for cost := 1; ; cost++ {
		f.widen(s.forward, s.zero, low, high, -1)
		for d := f.high; d >= f.low; d -= 2 {
			x := s.ahead(d, x1, y1)
			if odd && b.low <= d && d <= b.high && s.backward[s.zero+d] <= x {
				return x, x - d
			}
		}
		b.widen(s.backward, s.zero, low, high, math.MaxInt)
		for d := b.high; d >= b.low; d -= 2 {
			x := s.back(d, x0, y0)
			if !odd && f.low <= d && d <= f.high && x <= s.forward[s.zero+d] {
				return x, x - d
			}
		}
		if cost >= maxCost {
			return s.furthest(f, b, x0, x1, y0, y1)
		}
	}
}

// ahead goes one edit and then as far as tokens agree, forwards on diagonal d.
func (s *aligner) ahead(d, x1, y1 int) int {
	x := max(s.forward[s.zero+d-1]+1, s.forward[s.zero+d+1])
	for x < x1 && x-d < y1 && s.a[x] == s.b[x-d] {
		x++
	}
	s.forward[s.zero+d] = x
	return x
}

// back does the same backwards.
func (s *aligner) back(d, x0, y0 int) int {
	x := s.backward[s.zero+d-1]
	if up := s.backward[s.zero+d+1]; up <= x {
		x = up - 1
	}
	for x > x0 && x-d > y0 && s.a[x-1] == s.b[x-d-1] {
		x--
	}
	s.backward[s.zero+d] = x
	return x
}

// furthest returns the point that either search has got furthest to.
func (s *aligner) furthest(f, b reach, x0, x1, y0, y1 int) (x, y int) {
	most, fx := -1, 0
	for d := f.high; d >= f.low; d -= 2 {
		x := min(s.forward[s.zero+d], x1, y1+d)
		if 2*x-d > most {
			most, fx = 2*x-d, x
		}
	}
	least, bx := math.MaxInt, 0
	for d := b.high; d >= b.low; d -= 2 {
		x := max(s.backward[s.zero+d], x0, y0+d)
		if 2*x-d < least {
			least, bx = 2*x-d, x
		}
	}
	if x1+y1-least < most-x0-y0 {
		return fx, most - fx
	}
	return bx, least - bx
}
