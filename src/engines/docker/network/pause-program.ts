const base = 0x400000
const headers = 120

/** Machine code that sleeps for ever, by the engine's name of the architecture. */
const programs: Readonly<Record<string, { readonly machine: number; readonly code: readonly number[] }>> = {
  amd64: {
    machine: 62,
    // again: mov eax, 34 (pause); syscall; jmp again
    code: [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7],
  },
  arm64: {
    machine: 183,
    // again: x0 to x3 = 0; x8 = 73 (ppoll); svc 0; b again
    code: [
      ...[0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03, 0x00, 0x80, 0xd2],
      ...[0x28, 0x09, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4, 0xfa, 0xff, 0xff, 0x17],
    ],
  },
}

/**
 * An ELF program of less than 200 bytes that needs no library and sleeps until it is killed. Undefined for an
 * architecture that has none.
 */
export function pauseProgram(architecture: string): Buffer | undefined {
  const program = programs[architecture]
  if (program === undefined) return undefined
  const size = headers + program.code.length
  const bytes = Buffer.alloc(size)
  bytes.write('\x7fELF\x02\x01\x01', 'latin1')
  bytes.writeUInt16LE(2, 16) // type: executable
  bytes.writeUInt16LE(program.machine, 18)
  bytes.writeUInt32LE(1, 20) // version
  bytes.writeBigUInt64LE(BigInt(base + headers), 24) // entry point
  bytes.writeBigUInt64LE(64n, 32) // offset of the program header
  bytes.writeUInt16LE(64, 52) // size of this header
  bytes.writeUInt16LE(56, 54) // size of a program header
  bytes.writeUInt16LE(1, 56) // number of program headers
  bytes.writeUInt16LE(64, 58)
  // The program header: load the whole file, readable and executable.
  bytes.writeUInt32LE(1, 64)
  bytes.writeUInt32LE(5, 68)
  bytes.writeBigUInt64LE(BigInt(base), 80)
  bytes.writeBigUInt64LE(BigInt(base), 88)
  bytes.writeBigUInt64LE(BigInt(size), 96)
  bytes.writeBigUInt64LE(BigInt(size), 104)
  bytes.writeBigUInt64LE(0x1000n, 112)
  bytes.set(program.code, headers)
  return bytes
}
