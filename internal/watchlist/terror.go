package watchlist

import "strings"

// Terror reports whether a programme, a topic or a concept of a list is about
// terrorism, its organisations or its money. What is not in the table is not:
// narcotics (SDNTK, SDNT), proliferation (NPWMD), cyber crime (CYBER2), countries
// (DPRK3, IRAN), and IRGC or IFSR by themselves, which OFAC sets beside SDGT where
// terrorism is meant.
func Terror(programme string) bool {
	p := strings.ToUpper(strings.TrimSpace(programme))
	switch p {
	// OFAC, Program Tag Definitions for OFAC Sanctions Lists
	// (ofac.treasury.gov/specially-designated-nationals-list-sdn-list).
	case "SDGT", // Global Terrorism Sanctions Regulations, 31 CFR 594; Executive Order 13224
		"FTO",    // Foreign Terrorist Organizations Sanctions Regulations, 31 CFR 597; 8 USC 1189
		"SDT",    // Terrorism Sanctions Regulations, 31 CFR 595; Executive Order 12947, until 2019
		"NS-PLC": // elected on the ticket of an FTO, SDT or SDGT; 31 CFR 594, 595 and 597
		return true
	// OpenSanctions, programs/*.yml: key and summary of each.
	case "US-TERR", // OFAC's counter-terrorism programme
		"US-FTO219",    // section 219 of the Immigration and Nationality Act
		"US-NS-PLC",    // as NS-PLC
		"UN-SCISIL",    // Security Council resolutions 1267, 1989, 2253: ISIL and Al-Qaida
		"EU-TERR",      // specific measures to combat terrorism
		"EU-TAQA-EUAQ", // ISIL and Al-Qaida
		"EU-HAM",       // supporters of Hamas and Palestinian Islamic Jihad
		"GB-CT",        // domestic counter-terrorism
		"GB-ICT",       // international counter-terrorism
		"GB-ISIL",      // ISIL and Al-Qaida
		"AU-TERROR":    // Criminal Code Act 1995: listed terrorist organisations
		return true
	// FollowTheMoney, types/topic: "Terrorism".
	case "CRIME.TERROR":
		return true
	// INTERPOL's Darknet and Cryptoassets taxonomy, as GraphSense's concepts have
	// it; its extremism is the wider term, and not meant here.
	case "TERRORISM", "TERRORISM_FINANCING":
		return true
	}
	// National lists under Security Council resolution 1373, on terrorism:
	// OpenSanctions' AE-UNSC1373, AU-UNSC1373, CA-UNSC1373, NL-UNSC1373 and others.
	return strings.HasSuffix(p, "-UNSC1373")
}
