import { expect, test } from 'bun:test'
import { DEVICE_KEYS, readDeviceFile } from '../../src/devices/device-file.ts'
import { DeviceList } from '../../src/devices/device-list.ts'

const CSV = `\uFEFFid, name ,sms_number,alias,form,timezone_minutes
# the yard
359586018966098,"Van 3, blue",+49 151 23,,,60
10011,,,013612345678 013612345679,%SA%MV,
`
const TOML = `
[[device]]
id = "359586018966098"
name = "Van 3, blue"
sms_number = "+49 151 23"
timezone_minutes = 60

[[device]]
id = "10011"
alias = ["013612345678", "013612345679"]
form = "%SA%MV"
`
const BLANK = { name: '', account: '', model: '', smsNumber: '', aliases: [], form: '', timezoneMinutes: null }

for (const [path, text] of [
  ['fleet.csv', CSV],
  ['fleet.TOML', TOML],
] as const)
  test(`${path}: every column is read, what is left out is blank`, () => {
    expect(readDeviceFile(path, text)).toEqual({
      devices: [
        { ...BLANK, id: '359586018966098', name: 'Van 3, blue', smsNumber: '4915123', timezoneMinutes: 60 },
        { ...BLANK, id: '10011', aliases: ['013612345678', '013612345679'], form: '%SA%MV' },
      ],
      errors: [],
    })
  })

test('device file: every error is told with its line, and nothing of the file is used', () => {
  const text = 'id,timezone_minutes,form\n1,900,\n\n# more\n!,0,SA\n,,\n2,0,\n'
  const { devices, errors } = readDeviceFile('a.csv', text)
  expect(devices).toBeNull()
  expect(errors.map(({ line, text: said }) => [line, said.split(':')[0]])).toEqual([
    [2, 'timezone_minutes'],
    [5, 'id'],
    [5, 'form'],
    [6, 'id'],
  ])
  expect(errors[0]!.text).toBe('timezone_minutes: found "900", expected at most 840')
})

test('device file: an identity or a number may mean one device only', () => {
  const text = 'id,alias,sms_number\n1,7,+49 1\n2,1,\n3,7,\n4,,00491\n'
  expect(readDeviceFile('a.csv', text).errors).toEqual([
    { line: 3, text: 'identity 1 is that of the device on line 2 already' },
    { line: 4, text: 'identity 7 is that of the device on line 2 already' },
    { line: 5, text: 'sms_number 491 is that of the device on line 2 already' },
  ])
})

test('device file: a column that does not exist, a line of the wrong length and broken TOML name their line', () => {
  expect(readDeviceFile('a.csv', 'id,colour\n1,red\n').errors).toEqual([
    { line: 1, text: `"colour": no such column; there are ${DEVICE_KEYS.join(', ')}` },
  ])
  expect(readDeviceFile('a.csv', 'id,name\n1,a\n2,b,c\n').errors.map(({ line }) => line)).toEqual([3])
  expect(readDeviceFile('a.toml', '[[device]]\nid = "1"\nname == "x"\n').errors.map(({ line }) => line)).toEqual([3])
  expect(readDeviceFile('a.toml', '[[device]]\nid = "1"\n[[device]]\nid = "2"\ncolour = 1\n').errors).toMatchObject([
    { line: 3 },
  ])
  expect(readDeviceFile('a.toml', '[server]\nid = "1"\n').errors).toMatchObject([{ line: 0 }, { line: 0 }])
})

test('device file: an empty or odd one is refused, since it may be half written', () => {
  expect(readDeviceFile('a.csv', '').errors).toMatchObject([{ line: 0 }])
  expect(readDeviceFile('a.csv', 'id,name\n').devices).toEqual([])
  expect(readDeviceFile('a.csv', 'id,alias,alias\n1,2,3\n').errors[0]!.text).toContain('twice')
  expect(readDeviceFile('a.csv', 'id,sms_number\n1,0\n').errors).toMatchObject([{ line: 2 }])
  expect(readDeviceFile('a.toml', '').errors).toMatchObject([{ line: 0 }])
  expect(readDeviceFile('a.toml', 'device = [1]').errors).toMatchObject([{ line: 0 }])
  expect(readDeviceFile('a.toml', 'device = []').devices).toEqual([])
})

test('device list: aliases and numbers lead to the device, everybody else to the policy', () => {
  const { devices } = readDeviceFile('a.csv', CSV)
  const list = new DeviceList(devices!, 'quarantine')
  expect(list.admit('013612345679')).toEqual({ id: '10011', verdict: 'accept' })
  expect(list.admit('10012')).toEqual({ id: '10012', verdict: 'quarantine' })
  expect(list.admitNumber('0049 15123')).toEqual({ id: '359586018966098', verdict: 'accept' })
  // An unlisted number is never the identity of a tracker, and a name is no number.
  expect(list.admitNumber('10011')).toEqual({ id: '+10011', verdict: 'quarantine' })
  expect(list.admit('4915123')).toEqual({ id: '4915123', verdict: 'quarantine' })
  for (const name of ['Vodafone', 'Info24', '', '1234567890123456'])
    expect(list.admitNumber(name)).toEqual({ id: '', verdict: 'reject' })
  expect(list.owner('+4915123')?.id).toBe('359586018966098')
  expect(list.owner('4915123')).toBeUndefined()
  expect(list.owner('013612345679')?.id).toBe('10011')
  expect(list.options).toEqual([
    { id: '359586018966098', timezoneMinutes: 60 },
    { id: '10011', form: '%SA%MV' },
  ])
})
