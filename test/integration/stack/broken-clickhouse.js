// An engine that cannot start and says why.
console.error('Code: 76. Cannot lock the data directory')
process.exitCode = 3
