package vault

import "errors"

var errKeySize = errors.New("vault: a key of 32 bytes is needed")

// SplitSession divides an unlocked key between the browser and the server:
// the cookie's half is a fresh key of 32 bytes, the server's half the secret
// closed under it. Neither says anything about the secret alone; deleting
// either locks it.
// req: SEAL-3
func SplitSession(secret []byte, b Binding) (cookieHalf, serverHalf []byte, err error) {
	cookieHalf = random(keySize)
	serverHalf, err = lock(cookieHalf, secret, b, algSession)
	return cookieHalf, serverHalf, err
}

// JoinSession puts the halves together, or says ErrClosed.
func JoinSession(cookieHalf, serverHalf []byte, b Binding) ([]byte, error) {
	if len(cookieHalf) != keySize {
		return nil, ErrClosed
	}
	return unlock(cookieHalf, serverHalf, b, algSession)
}
