/** @param sql text of schemas/clickhouse, all files in their order */
export function warehouseReference(sql: string): string
