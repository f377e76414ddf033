/** The seed of this run: `CAIRN_SEED` repeats one that failed. */
export const seed = Number(process.env['CAIRN_SEED'] ?? Date.now() % 1_000_000)
