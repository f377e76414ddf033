/** The visitor whose rows these are. An event of nobody has no `visitor_id`. */
export interface Owner {
  readonly site: string
  readonly visitor_id: string
}
