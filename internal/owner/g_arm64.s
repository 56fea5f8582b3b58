#include "textflag.h"

// func current() uintptr
TEXT ·current(SB), NOSPLIT, $0-8
	MOVD g, ret+0(FP)
	RET

// func Check(running *uintptr) uintptr
TEXT ·Check(SB), NOSPLIT, $0-16
	MOVD running+0(FP), R1
	MOVD (R1), R1
	CMP  g, R1
	CSEL EQ, g, ZR, R2
	MOVD R2, ret+8(FP)
	RET

// func is(running *uintptr, want uintptr) bool
TEXT ·is(SB), NOSPLIT, $0-17
	MOVD running+0(FP), R1
	MOVD (R1), R1
	MOVD want+8(FP), R2
	CMP  R1, R2
	CSET EQ, R3
	MOVB R3, ret+16(FP)
	RET
