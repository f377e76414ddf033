import { describe, expect, it } from '@jest/globals'
import { commonSettings, loadConfig } from './config.ts'

const load = (CAIRN_FAULT: string) => loadConfig(commonSettings, { KAFKA_BROKERS: 'localhost:9092', CAIRN_FAULT })

describe('CAIRN_FAULT', () => {
  it.each(['after-fence=kill', 'sink.in-insert=stop@12'])('takes %s', (text) => {
    expect(load(text)).toMatchObject({ ok: true, config: { CAIRN_FAULT: text } })
  })

  it.each(['after-fence', 'after-fense=kill', 'after-fence=explode', 'after-fence=kill@0', 'sinkXin-insert=kill'])(
    'refuses %s, which would never act',
    (text) => {
      expect(load(text)).toEqual({ ok: false, problems: [expect.stringMatching(/^CAIRN_FAULT: must be <point>=/)] })
    },
  )
})
