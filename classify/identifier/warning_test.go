package identifier

import "testing"

func TestAWarningIsToldFromAnOffer(t *testing.T) {
	for text, want := range map[string]bool{
		"Do not send to " + genesis + ", that is not us.":                      true,
		"Scammer alert: " + genesis:                                            true,
		"A rival posts the fake address\n" + genesis:                           true,
		genesis + " is a scam, pay nothing there":                              true,
		"Never pay " + genesis + ".":                                           true,
		"Bitte nicht überweisen: " + genesis:                                   true,
		"Méfiez-vous de " + genesis:                                            true,
		"No pague a " + genesis:                                                true,
		"Мошенник просит перевести на " + genesis:                              true,
		"Pay to " + genesis:                                                    false,
		"No scam, pay to " + genesis:                                           false,
		"Not a fake, real vendor: " + genesis:                                  false,
		"We are tired of scammers. Pay to " + genesis:                          false,
		"Beware of imitators!\nOur address\n" + genesis:                        false,
		"Pay " + genesis + ". The other address is fake.":                      false,
		"Kein Betrug: " + genesis:                                              false,
		"Avoidance of delays: " + genesis:                                      false,
		"Escrow " + genesis + "\nScam reports go to the forum":                 false,
		"He is scamming people. Do not write him. My own wallet is " + genesis: false,
	} {
		ids := Scan(text)
		if len(ids) != 1 {
			t.Errorf("%q: %d identifiers, want 1: %+v", text, len(ids), ids)
			continue
		}
		if ids[0].Warned != want {
			t.Errorf("%q: warned %v, want %v", text, ids[0].Warned, want)
		}
	}
}
