#include "textflag.h"

// func current() uintptr
TEXT ·current(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET

// func Check(running *uintptr) uintptr
TEXT ·Check(SB), NOSPLIT, $0-16
	MOVQ running+0(FP), BX
	MOVQ (TLS), AX
	XORL CX, CX
	CMPQ AX, (BX)
	CMOVQNE CX, AX
	MOVQ AX, ret+8(FP)
	RET

// func is(running *uintptr, want uintptr) bool
TEXT ·is(SB), NOSPLIT, $0-17
	MOVQ running+0(FP), BX
	MOVQ want+8(FP), AX
	CMPQ AX, (BX)
	SETEQ ret+16(FP)
	RET
