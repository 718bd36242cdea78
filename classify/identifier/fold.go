package identifier

// lookalikes pairs letters of other scripts with the ASCII letter or digit that
// they are taken for. It is made for reading addresses, where a checksum decides:
// it holds what a sender can pass off, not all of Unicode's confusables (UTS 39).
const lookalikes = "" +
	// Cyrillic
	"АAВBСCЕEНHІIЈJКKМMОOРPЅSТTХXУYЗ3аaвBсcеeгrһhіiјjкkмMнHоoрpѕsтTуyхxз3" +
	"ԁdԛqԝwԚQԜWб6ьbЬbЧ4ч4ҮYүyѴVѵvӀIӏlԌGԍgҺh" +
	// Greek
	"ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXαaβBγyεeηnιiκkνvοoρpτtυuχxωwϲcϹCϳjϜFϝf"

// The lookalikes all lie in this range.
const firstLookalike, lastLookalike = 'Ͱ', 'ԯ' // U+0370 to U+052F

var lookalikeTable = func() *[lastLookalike - firstLookalike + 1]byte {
	var t [lastLookalike - firstLookalike + 1]byte
	rs := []rune(lookalikes)
	for i := 0; i+1 < len(rs); i += 2 {
		t[rs[i]-firstLookalike] = byte(rs[i+1])
	}
	return &t
}()

// fold returns the ASCII letter or digit that r is taken for, and 0 if there is
// none: look-alikes of other scripts, and the full-width, mathematical and
// circled forms that Unicode itself calls compatible (NFKC).
func fold(r rune) byte {
	switch {
	case r >= firstLookalike && r <= lastLookalike:
		return lookalikeTable[r-firstLookalike]
	case r < 0x2460:
		return 0
	case r >= '①' && r <= '⑨':
		return byte('1' + r - '①')
	case r == '⓪':
		return '0'
	case r >= 'Ⓐ' && r <= 'Ⓩ':
		return byte('A' + r - 'Ⓐ')
	case r >= 'ⓐ' && r <= 'ⓩ':
		return byte('a' + r - 'ⓐ')
	case r >= '０' && r <= '９':
		return byte('0' + r - '０')
	case r >= 'Ａ' && r <= 'Ｚ':
		return byte('A' + r - 'Ａ')
	case r >= 'ａ' && r <= 'ｚ':
		return byte('a' + r - 'ａ')
	case r >= 0x1d400 && r <= 0x1d6a3: // thirteen mathematical alphabets of A–Z, a–z
		return letter(int(r-0x1d400) % 52)
	case r >= 0x1d7ce && r <= 0x1d7ff: // five sets of mathematical digits
		return byte('0' + (r-0x1d7ce)%10)
	}
	return 0
}

// letter returns the nth of A–Z, a–z.
func letter(n int) byte {
	if n < 26 {
		return byte('A' + n)
	}
	return byte('a' + n - 26)
}

// foldBase58 puts the only digit of the base58 alphabet that looks like it in
// the place of each of the four characters that the alphabet leaves out.
func foldBase58(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch c {
		case '0', 'O':
			b[i] = 'o'
		case 'I', 'l':
			b[i] = '1'
		}
	}
	return string(b)
}

// foldBech32 does the same for bech32, whose data part has no 1, b, i and o. Its
// separator, the character after the human-readable part, must be a 1.
func foldBech32(s string, hrp int) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case i < hrp:
		case i == hrp && (c == 'l' || c == 'I' || c == 'i'):
			b[i] = '1'
		case i == hrp:
		case c == 'o' || c == 'O':
			b[i] = '0'
		case c == '1' || c == 'i' || c == 'I':
			b[i] = 'l'
		}
	}
	return string(b)
}
