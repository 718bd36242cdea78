package bolt

// upgrade3 changes the layout from version 3 to version 4. The case stays
// unencrypted, and its bodies as they are: their keys say that they are not
// compressed.
func upgrade3(tx read) error {
	if err := setCipher(tx); err != nil {
		return err
	}
	return setVersion(tx, "4")
}
