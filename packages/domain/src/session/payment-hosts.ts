/**
 * Hosts a buyer is sent to and comes back from: services that take a payment, and those where banks have a card payment
 * confirmed (3-D Secure). A host stands for all below it. Of a bank, a shop or a search engine only the hosts
 * that take payments are listed. They are the known ones, about twenty of them checked against published lists of referrers
 * to leave out, such as MultiSafepay's: a shop adds others under `own_domains`. docs/channels.md shows them.
 */
export const paymentHosts = {
  services: `
    2checkout.com adyen.com affirm.com afterpay.com alipay.com amazonpay.com authorize.net braintreegateway.com
    buckaroo.nl checkout.com clearpay.co.uk computop-paygate.com cybersource.com datatrans.biz datatrans.com
    dotpay.pl giropay.de girogate.de gocardless.com heidelpay.com ideal.nl iyzipay.com klarna.com klarna.de
    klarnapayments.com mercadopago.com mollie.com multisafepay.com novalnet.de ogone.com opayo.eu.elavon.com
    pay.google.com pay.nl pay.shopify.com pay1.de paydirekt.de payengine.de payone.com payplug.com paysafecard.com
    paystack.com paytr.com payu.com payu.in payu.pl paypal.com przelewy24.pl qenta.com ratepay.com
    razorpay.com redsys.es sagepay.com saferpay.com scalapay.com sips-services.com sezzle.com shop.app
    six-payment-services.com skrill.com sofort.com squareup.com stripe.com systempay.fr tpay.com tpeweb.paybox.com
    trustly.com twint.ch unzer.com vivapayments.com wirecard.com worldline-solutions.com worldpay.com
    checkout.postfinance.ch e-payment.postfinance.ch
  `,
  confirmation: `
    3d-secure-code.de 3d-secure.pluscard.de 3d-secure.postbank.de 3ds.e-cartebleue.com 3dsecure-cardprocess.de
    3dsecure.bw-bank.de 3dsecure.deutsche-bank.de 3dsecure.icscards.nl 3dsecure.paylife.at acs.netcetera.ch
    acs.sia.eu arcot.com cardinalcommerce.com clicksafe.lloydstsb.com geschuetzteinkaufen.commerzbank.de
    netcetera-payment.ch rsa3dsauth.com securecode.com securesuite.co.uk securesuite.net
    sparkassen-kreditkarten.de touchtechpayments.com verified-by-visa.ing-diba.de verifiedbyvisa.comdirect.de
    visa3dsecure.com wlp-acs.com
  `,
  /** Below amazon.com, amazon.de and all the others, which are shops besides. */
  belowAmazon: 'apay-eu apay-us pay pay-eu payments payments-eu payments-uk payments-us',
}
