/** What an operator can choose: the table `[codecs.flextrack]` of the configuration. */
import { z } from 'zod'
import { prefixOf } from './networks.ts'

export const flextrackOptions = z.strictObject({
  sut_networks: z
    .preprocess(
      (given) => (typeof given === 'string' ? given.split(/[\s,]+/).filter((each) => each !== '') : given),
      z.array(z.string().refine((network) => prefixOf(network) >= 0, 'a network, for example "192.0.2.0/24"')),
    )
    .default([])
    .describe(
      'Networks whose unrecognised datagrams are Lommy units that speak SUT: kept as frames, not acknowledged. An environment variable lists them with commas.',
    ),
  odometer_unit: z
    .enum(['unknown', 'm', '10m', '100m', 'km'])
    .default('unknown')
    .describe('Unit of the odometer, which the maker does not publish; unknown: it stays an attribute, as sent.'),
})
export type FlextrackOptions = z.infer<typeof flextrackOptions>
