/**
 * Raised with every change after which the same log gives other outputs or another visitor state. A new version takes
 * over only where the old one has left a checkpoint with nothing after it.
 */
export const foldVersion = 1
