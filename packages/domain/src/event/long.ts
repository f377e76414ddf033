/** The largest number that goes into an Avro long, which zig-zag doubles, and stays exact. */
export const LARGEST_LONG = 2 ** 53 - 2
