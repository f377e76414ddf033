export const listedHostsPath: string
export function listedHosts(): string
