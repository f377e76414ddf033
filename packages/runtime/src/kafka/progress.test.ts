import { describe, expect, it } from '@jest/globals'
import { LagMeter, type Progress } from './progress.ts'

describe('the lag of a topic-partition', () => {
  it('is unknown until a loop says where it stands', () => {
    const meter = new LagMeter()
    meter.sawEnd(5)
    expect(meter.lag(1000)).toBeUndefined()
  })

  it('is what the log has beyond the position, as old as the first of it', () => {
    const meter = new LagMeter()
    let progress: Progress = { position: 3, oldest: 4000 }
    meter.follow(() => progress)
    meter.sawEnd(10)
    expect(meter.lag(6000)).toEqual({ records: 7, seconds: 2 })
    progress = { position: 10, oldest: undefined }
    expect(meter.lag(7000)).toEqual({ records: 0, seconds: 0 })
  })

  it('goes on growing when the loop is gone, from what it said last', () => {
    const meter = new LagMeter()
    let progress: Progress = { position: 3, oldest: 4000 }
    meter.follow(() => progress)
    meter.freeze()
    progress = { position: 9, oldest: undefined }
    meter.sawEnd(10)
    expect(meter.lag(6000)).toEqual({ records: 7, seconds: 2 })
    meter.sawEnd(20)
    expect(meter.lag(9000)).toEqual({ records: 17, seconds: 5 })
  })

  it('counts the age of what nobody has read from when it was first seen', () => {
    const meter = new LagMeter()
    meter.follow(() => ({ position: 3, oldest: undefined }))
    meter.freeze()
    meter.sawEnd(3)
    expect(meter.lag(1000)).toEqual({ records: 0, seconds: 0 })
    meter.sawEnd(4)
    expect(meter.lag(2000)).toEqual({ records: 1, seconds: 0 })
    expect(meter.lag(7000)).toEqual({ records: 1, seconds: 5 })
  })

  it('remembers how old the first record is while the next loop takes over', () => {
    const meter = new LagMeter()
    meter.sawEnd(4)
    meter.follow(() => ({ position: 3, oldest: 1000 }))
    meter.lag(2000)
    meter.follow(() => ({ position: 3, oldest: undefined }))
    expect(meter.lag(6000)).toEqual({ records: 1, seconds: 5 })
  })
})
