/**
 * How SMS providers name the parts of a message in their webhooks. Sources: Twilio, "Webhook request" of incoming
 * messages; Vonage, "Inbound SMS"; Kannel user guide, sms-service with post-url.
 */

/** Where the parts are: fields of the form, JSON body (with dots for depth), query string, or headers in lower case. */
export interface SmsFields {
  from: string
  text: string
  /** When the provider received the message, UTC; '' where it does not say. */
  time: string
}

/** The whole body is the text. */
export const BODY = 'body()'

/** Values of `[sms] provider`; '' turns the webhook off. */
export const SMS_PROVIDERS = ['', 'twilio', 'vonage', 'kannel', 'custom'] as const
export type SmsProvider = (typeof SMS_PROVIDERS)[number]

export const SMS_PRESETS: Record<SmsProvider, SmsFields> = {
  '': { from: '', text: '', time: '' },
  twilio: { from: 'From', text: 'Body', time: '' },
  vonage: { from: 'msisdn', text: 'text', time: 'message-timestamp' },
  kannel: { from: 'x-kannel-from', text: BODY, time: 'x-kannel-time' },
  custom: { from: '', text: '', time: '' },
}
