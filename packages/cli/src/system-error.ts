const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  EEXIST: 'there is a file of that name',
  EACCES: 'it may not be accessed',
  EPERM: 'it may not be accessed',
  EROFS: 'its file system cannot be written to',
  ENOSPC: 'no space is left on its disk',
}

/** Why the system refused something, as the end of a sentence; undefined where an error is not the system's. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  return reasons[code] ?? error.message
}

/** Why a file cannot be read. */
export function whyUnreadable(path: string, error: unknown): string {
  return `${path} cannot be read: ${systemReason(error) ?? (error instanceof Error ? error.message : String(error))}`
}
