/* SPDX-License-Identifier: BSD-2-Clause
 * The normal world's first instructions, in a boot loader's place: TF-A's BL33, entered by OP-TEE. QEMU has put the kernel
 * at KERNEL. The device tree, completed by TF-A and OP-TEE, lies at the start of the memory, where the kernel unpacks
 * itself: so it is copied to DEVICE_TREE. Then the kernel, as Linux' Documentation/arch/arm/booting.rst wants it.
 */
        .arm
        .globl  _start
_start: ldr     r4, =0x40000000         @ QEMU's device tree
        ldr     r5, =DEVICE_TREE
        ldr     r6, [r4, #4]            @ its size, big-endian
        rev     r6, r6
        add     r6, r4, r6
copy:   ldr     r7, [r4], #4
        str     r7, [r5], #4
        cmp     r4, r6
        blo     copy
        mov     r0, #0
        mvn     r1, #0                  @ no machine number: the device tree says it
        ldr     r2, =DEVICE_TREE
        ldr     pc, =KERNEL
