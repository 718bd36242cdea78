package identifier

import "vigil"

// mtcnWords name Western Union's money transfer control number, which has ten
// digits.
var mtcnWords = words{"mtcn", "western union", "westernunion", "wu", "вестерн юнион"}

// mtcn looks at nb as a control number: ten digits in one piece, or in groups of
// 3, 3 and 4, nearer to its name than to a phone's.
func (sc *scanner) mtcn(nb *number) {
	whole := len(nb.groups) == 1 && nb.size(0) == 10
	apart := len(nb.groups) == 3 && nb.size(0) == 3 && nb.size(1) == 3 && nb.size(2) == 4
	start, end := nb.groups[0].start, nb.groups[len(nb.groups)-1].end
	if !whole && !apart || sc.nearest(start, mtcnWords, phoneWords) != 0 {
		return
	}
	digits := nb.join(0, len(nb.groups))
	sc.found(start, end, len(digits), plain, vigil.Identifier{
		Kind: "mtcn", Value: digits, Key: "mtcn:" + digits, Class: vigil.ClassC, Readings: []string{"mtcn"},
	})
}
