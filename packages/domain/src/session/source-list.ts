/** What kind of place a source is; decides its channel where the medium does not. */
export type SourceCategory = 'search' | 'social' | 'video' | 'shopping' | 'assistant' | 'email' | 'other'

/** Sources of one category. Lists are separated by white space. */
export interface SourceList {
  /** Name, then its hosts: visits from these have the name for their source. */
  readonly named: readonly (readonly [name: string, ...hosts: string[]])[]
  /** Names that campaigns write and that are hosts with `.com` behind. */
  readonly both: string
  /** Names that campaigns write. */
  readonly names: string
  readonly hosts: string
}

/**
 * Known sources: those of Google's list behind its channels (support.google.com/analytics/answer/9756891), the engines,
 * networks and assistants of matomo-org/searchengine-and-social-list (CC0), and places younger than both. listed-hosts.ts
 * has more engines and most webmail. Where the lists differ, Google's decides: `mail.yandex.ru` is search.
 *
 * A host stands for all below it, `brand.*` for the brand under every country's domain (`google.co.uk`). Android apps are
 * hosts by their package name, as in the referrer `android-app://com.google.android.gm/`. The category `other` takes
 * pages out that are no search though their brand's domain is.
 */
export const sourceLists: Readonly<Record<SourceCategory, SourceList>> = {
  search: {
    named: [
      ['google', 'google.*', 'com.google.android.googlequicksearchbox', 'com.google.android.apps.searchlite'],
      ['google-play', 'play.google.com', 'com.android.vending'],
      ['bing', 'bing.*', 'com.microsoft.bing'],
      ['yahoo', 'yahoo.*'],
      ['yandex', 'yandex.*', 'ya.ru', 'ru.yandex.searchplugin'],
      [
        'duckduckgo',
        'duckduckgo.com',
        'com.duckduckgo.mobile.android',
        'duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion',
      ],
      ['baidu', 'baidu.com', 'baidu.co.th', 'com.baidu.searchbox'],
      ['ecosia', 'ecosia.org', 'com.ecosia.android'],
      ['qwant', 'qwant.com', 'com.qwant.liberty'],
      ['brave', 'search.brave.com'],
      ['startpage', 'startpage.com', 'startpagel6srwcjlue4zgq3zevrujfaow726kjytqbbjyrswwmjzcqd.onion'],
      ['naver', 'naver.com', 'com.nhn.android.search'],
      ['daum', 'daum.net', 'net.daum.android.daum'],
      ['seznam', 'seznam.cz', 'cz.seznam.sbrowser'],
      ['sogou', 'sogou.com'],
      ['so.com', 'so.com'],
      ['ask', 'ask.com', 'ask.co.uk'],
      ['aol', 'search.aol.com', 'search.aol.co.uk', 'search.aol.it', 'suche.aol.de', 'aolsearch.com'],
      ['msn', 'msn.com'],
      ['dogpile', 'dogpile.com'],
      ['lycos', 'lycos.*'],
      ['excite', 'excite.*'],
      ['altavista', 'altavista.*'],
      ['rambler', 'rambler.ru'],
      ['kagi', 'kagi.com'],
      ['zapmeta', 'zapmeta.*', 'zapmetasearch.*'],
      ['123people', '123people.*'],
    ],
    both: '',
    names: `
      alice auone avg babylon biglobe cnn comcast conduit eniro globo incredimail kvasir najdi onet rakuten
      search-results startsiden terra ukr virgilio
    `,
    hosts: `
      118700.se 360.cn abcsok.no allaverksamheter.se allesklar.at allesklar.ch allesklar.de alltheinternet.com
      alohafind.com benefind.de biglobe.co.jp biglobe.ne.jp centrum.cz cgi2.nintendo.co.jp chercherfr.aguea.com
      claro-search.com coccoc.com delta-search.com email.seznam.cz en.wedoo.com entireweb.com epicsearch.in
      es.wedoo.com extern.peoplecheck.de findhurtig.dk fireball.com firmy.cz fr.dir.com fr.wedoo.com freespoke.com
      gfsoso.com gibiru.com gogole.* googel.* gppgle.* haosou.com home.kingsoft.jp home.speedbit.com info.com
      isearch.glarysoft.com isodelen.se it.luna.tv jp.hao123.com juniorsafesearch.com jwsearch.jword.jp
      k9safesearch.com kadaza.com karmasearch.org kensaq.com kwzf.net laban.vn lemoteur.ke.voila.fr localmoxie.com
      lookany.com mail.rambler.ru mail.yandex.ru maps.google.com mojeek.com monumentbrowser.com myprivatesearch.com
      netlavis.azione.jp o2suche.aol.de oceanhero.today onet.pl only-search.com optuszoo.com.au plusnetwork.com
      presearch.com privacywall.org quendu.com rakuten.co.jp riksdelen.se safesearch.avira.com scour.com search.abv.bg
      search.auone.jp search.avast.com search.avira.com search.avira.net search.azby.fmworld.net search.b1.org
      search.chatzum.com search.chedot.com search.comcast.net search.disconnect.me search.dolphin-browser.jp
      search.f-secure.com search.fbdownloader.com search.fooooo.com search.frontier.com search.gmx.com
      search.handycafe.com search.imesh.com search.iminent.com search.leonardo.it search.lilo.org search.lookseek.com
      search.magentic.com search.nan.so search.seesaa.jp search.smartaddressbar.com search.smartshopping.com
      search.smt.docomo.ne.jp search.snap.do search.trustnav.com search.v9.com search.webssearches.com
      search.xfinity.com search.zonealarm.com search.zum.com searches.f-secure.com searches.safehomepage.com
      searches.vi-view.com searches3.globososo.com searchlock.com searchmobileonline.com searchqu.com
      searchservice.myspace.com searchya.com secureurl.ukr.net setooz.com sm.de so-net.ne.jp sou.com
      sp-search.auone.jp sputnik.ru start.funmoods.com start.lenovo.com startab.me stract.com suche.1und1.de
      surfcanyon.com swiggle.org.uk swisscows.com talimba.com tarmot.com tattoodle.com toppreise.ch torry.io
      trusted-search.com tusksearch.com tut.by videosearch.nifty.com vuhuv.com weborama.fr woopie.jp wow.com
      www1.austronaut.at www2.inbox.com wwwgoogle.* yellowmap.de yep.com yongzin.com zoznam.sk zxuso.com
    `,
  },
  social: {
    named: [],
    both: `
      43things activerain activeworlds addthis alumniclass americantowns anobii answerbag aolanswers askubuntu
      athlinks baby-gaga badoo bebo beforeitsnews bharatstudent blackplanet blogger blogher bloglines blogsome
      blogspot blogster blurtit brightkite brizzly buzzfeed buzznet cafemom camospace care2 catster cellufun
      chicagonow classmates classquest cocolog-nifty cozycot crunchyroll cyworld deviantart dianping digg diigo
      discord disqus dogster dol2day doostang dopplr douban drugs-forum dzone elftown extole facebook faceparty fanpop
      fark fb fc2 feministing filmaffinity flickr flipboard folkdirect foodservice fotki fotolog foursquare friendfeed
      fubar gaiaonline gamerdna glassboard glassdoor godtube goldstar goodreads govloop gowalla habbo hi5 hootsuite
      houzz hoverspot hubculture ibibo imageshack imvu insanejournal instagram instapaper intherooms italki
      jammerdirect kakao kaneva librarything linkedin listal listography livejournal meetup messenger mocospace
      mouthshut movabletype mubi myheritage mylife mymodernmet myspace netvibes nightlifelink ning onstartups
      opendiary photobucket pingsta plurk posterous qapacity quechup quora ravelry reddit redux renren reunion
      reverbnation ryze salespider screenrant scribd scvngr secondlife serverfault sharethis skyrock snapchat
      socialvibe spoke spruz stackapps stackexchange stackoverflow stickam superuser sweeva tagged taggedmail
      talkbiznow techmeme tencent threads tiktok tinyurl toolbox travellerspoint tripadvisor trombi tudou tuenti
      tumblr tweetdeck twitter typepad vampirefreaks vampirerave vk wakoopa wattpad webshots wechat weebly weibo
      weread whatsapp wordpress xanga xing yammer yelp zooppa
    `,
    names: `
      bluesky feedspot gooblog google+ googleplus hatena ig line livedoorblog mastodon newsshowcase nexopia niconico
      odnoklassniki pinboard pinterest shareit skype social telegram trustpilot zalo
    `,
    hosts: `
      51.com 5ch.net academia.edu airg.ca allnurses.com allrecipes.com ameba.jp ameblo.jp ancestry.com
      answers.yahoo.com artstation.com asmallworld.com awe.sm b.hatena.ne.jp babyblog.ru biip.no bilibili.com
      biswap.org bit.ly bitcoinhackers.org blackcareernetwork.com blip.fm blog.com blog.feedspot.com blog.goo.ne.jp
      blog.naver.com blog.yahoo.co.jp blogg.no bloggang.com blogs.com bookmarks.yahoo.co.jp bookmarks.yahoo.com
      botsin.space bsky.app c.im cafe.naver.com canalblog.com care.com caringbridge.org cbnt.io centerblog.net
      channels.weixin.qq.com chaos.social chat.zalo.me chegg.com chiebukuro.yahoo.co.jp com.discord
      com.facebook.katana com.facebook.lite com.facebook.orca com.google.android.apps.plus com.instagram.android
      com.instagram.barcelona com.kakao.talk com.linkedin.android com.medium.reader com.pinterest com.quora.android
      com.reddit.frontpage com.sina.weibo com.skype.raider com.snapchat.android com.ss.android.ugc.trill
      com.tencent.mm com.tumblr com.twitter.android com.vkontakte.android com.whatsapp com.xing.android
      com.yelp.android com.zhiliaoapp.musically com.zing.zalo copainsdavant.linternaute.com couchsurfing.org cross.tv
      cybre.space d.hatena.ne.jp dailystrength.org deluxe.com discord.gg discordapp.com douyin.com douyu.com
      draugiem.lv dribbble.com edublogs.org epicurious.com everforo.com exblog.jp fandom.com fb.me fetlife.com
      flipboard.app flixster.com forums.androidcentral.com forums.crackberry.com forums.imore.com forums.nexopia.com
      forums.webosnation.com forums.wpcentral.com fosstodon.org friends.nico friendsreunited.com friendster.com
      front-end.social fruehstueckstreff.org gate.sc gather.com geni.com getpocket.com github.com goldenline.pl goo.gl
      googlegroups.com graphics.social gree.jp groups.google.com gulli.com gutefrage.net hachyderm.io hr.com
      hubpages.com huya.com hyves.net hyves.nl identi.ca imageshack.us indieweb.social internations.org interpals.net
      irc-galleria.net is.gd jappy.com jappy.de jp.naver.line.android kaboodle.com kakaocorp.com kin.naver.com knzk.me
      lang-8.com last.fm lastfm.* lifestream.aol.com line.me livedoor.com livejournal.ru lnkd.in mamot.fr mas.to
      masto.ai mastodon.art mastodon.at mastodon.cloud mastodon.eus mastodon.jalgi.eus mastodon.nz mastodon.online
      mastodon.scot mastodon.social mastodon.technology mastodon.world mastodon.xyz mastodonapp.uk mastodont.cat
      mbga.jp medium.com meetin.org meinvz.net meneame.net menuism.com messages.google.com messages.yahoo.co.jp
      metapixl.com missevan.com mix.com mixi.jp moikrug.ru mp.weixin.qq.com mstdn.io mstdn.jp mstdn.party mstdn.social
      multiply.com my.mail.ru my.opera.com myanimelist.net mylife.ru myyearbook.com netlog.com news.ycombinator.com
      newsie.social ngopost.org nicovideo.jp nk.pl odnoklassniki.ru odnoklassniki.ua ohai.social ok.ru okwave.jp
      oneworldgroup.org open.weixin.qq.com org.joinmastodon.android org.telegram.messenger orkut.com oshiete.goo.ne.jp
      over-blog.com overblog.com paper.li partyflock.nl pawoo.net peepeth.com phanpy.social pin.it pinboard.in
      pinterest.* pinterest.info pix.toot.wales pixelfed.de pixelfed.social pixelfed.uno pixey.org pixiv.net plaxo.com
      playahead.se plus.google.com pocket.co pro.homeadvisor.com pulse.yahoo.com pxlmo.com quey.org qzone.qq.com
      redd.it researchgate.net ro-mastodon.puyo.jp rtl.de ru.ok.android scoop.it sfba.social shvoong.com
      sites.google.com skyfeed.app slashdot.org slideshare.net smartnews.com social.tchncs.de social.vivaldi.net
      sociallife.com.br sonico.com soundcloud.com sourceforge.net spaces.live.com ssense.com stardoll.com studivz.net
      stumbleupon.com suomi24.fi t.cn t.co t.me t.umblr.com taringa.net telegram.org threads.net tkm.eus
      toot.community twitcasting.tv twoo.com typo.social unblog.fr universeodon.com urbanspoon.com url.google.com
      ushareit.com ushi.cn v2ex.com vg.no viadeo.com video.ibm.com vis.social vkontakte.ru vkrugudruzei.ru wa.me
      wayn.com web.skype.com weeworld.com weibo.cn wer-weiss-was.de wiki.answers.com wikihow.com wikitravel.org
      woot.com wordpress.org workplace.com x.com xyz.blueskyweb.app yahoo-mbga.jp yelp.co.uk youroom.in youtu.be
      zoo.gr
    `,
  },
  video: {
    named: [],
    both: `
      crackle curiositystream dailymotion disneyplus hulu iqiyi netflix ted utreon veoh vimeo wistia youku youtube
    `,
    names: `
      twitch
    `,
    hosts: `
      com.dailymotion.dailymotion com.google.android.apps.youtube.music com.google.android.youtube
      com.google.android.youtube.tv com.netflix.mediaclient com.vimeo.android.videoapp d.tube iq.com justin.tv
      nebula.tv odysee.com rumble.com tv.twitch.android.app twitch.tv viadeo.journaldunet.com wistia.net youtu.be
    `,
  },
  shopping: {
    named: [['google shopping']],
    both: `
      alibaba etsy shopify shopzilla stripe walmart
    `,
    names: `
      aliexpress amazon ebay idealo igshopping mercadolibre
    `,
    hosts: `
      aax-us-east.amazon-adsystem.com aax.amazon-adsystem.com aliexpress.* allegro.pl amazon.* amazon.com beslist.nl
      billiger.de bol.com cdiscount.com ceneo.pl check24.de com.alibaba.aliexpresshd com.amazon.mshop.android.shopping
      com.ebay.mobile com.etsy.android com.mercadolibre com.shopify.arrive com.walmart.android de.idealo.android
      ebay.* flipkart.com geizhals.* guenstiger.de heureka.cz idealo.* in.amazon.mshop.android.shopping kaufland.de
      kelkoo.* lazada.* marktplaats.nl mercadolibre.* mercadolivre.* nl.shopping.net no.shopping.net pricerunner.*
      pricerunner.co.uk pricespy.* prisjakt.nu rakuten.com rakuten.de s3.amazonaws.com se.shopping.net shop.app
      shopee.* shopping.com shopping.google.com shopping.naver.com shopping.yahoo.co.jp shopping.yahoo.com
      simplycodes.com skroutz.gr temu.com trovaprezzi.it uk.shopping.net
    `,
  },
  assistant: {
    named: [
      ['chatgpt', 'chatgpt.com', 'chat.openai.com', 'labs.openai.com', 'com.openai.chatgpt'],
      ['claude', 'claude.ai', 'com.anthropic.claude'],
      ['gemini', 'gemini.google.com', 'bard.google.com', 'com.google.android.apps.bard'],
      ['notebooklm', 'notebooklm.google.com'],
      ['copilot', 'copilot.microsoft.com', 'com.microsoft.copilot'],
      ['perplexity', 'perplexity.ai', 'ai.perplexity.app.android'],
      ['deepseek', 'chat.deepseek.com', 'com.deepseek.chat'],
      ['grok', 'grok.com', 'ai.x.grok'],
      ['mistral', 'chat.mistral.ai', 'ai.mistral.chat'],
      ['meta-ai', 'meta.ai'],
      ['qwen', 'chat.qwen.ai'],
      ['duck-ai', 'duck.ai'],
      ['you.com', 'you.com'],
      ['chatglm', 'chatglm.cn'],
      ['iask', 'iask.ai'],
      ['jasper', 'app.jasper.ai'],
      ['writesonic', 'app.writesonic.com'],
      ['baidu-ai', 'ai.baidu.com', 'yiyan.baidu.com'],
      ['chatplus', 'chatplus.com', 'chat-gpt.org'],
    ],
    both: '',
    names: '',
    hosts: '',
  },
  email: {
    named: [],
    both: '',
    names: '',
    hosts: `
      app.hey.com app.tuta.com ch.protonmail.android click.mail.ru com.aol.mobile.aolapp com.fsck.k9
      com.google.android.gm.lite com.microsoft.office.outlook com.readdle.spark com.samsung.android.email.provider
      com.yahoo.mobile.client.android.mail de.gmx.mobile.android.mail de.web.mobile.android.mail deref-gmx.com
      deref-gmx.net deref-mail.com deref-web.de email.t-online.de fastmail.com hotmail.com icloud.com mail.aol.co.uk
      mail.gmx.com mail.gmx.net mail.libero.it mail.orange.fr mail.proton.me mail.protonmail.com mail.tutanota.com
      mail.virgilio.it mail.web.de mail.wp.pl me.bluemail.mail messagerie.orange.fr messageriepro3.orange.fr
      navigator-lxa.gmx.net navigator.gmx.net navigator.web.de outlook.com outlook.office.com outlook.office365.com
      poczta.onet.pl poczta.wp.pl ru.mail.mailapp ru.yandex.mail webmail.free.fr webmail.t-online.de
    `,
  },
  other: {
    named: [],
    both: '',
    names: '',
    hosts: `
      ads.google.com ads.microsoft.com analytics.google.com business.google.com calendar.google.com chat.google.com
      classroom.google.com cloud.google.com colab.research.google.com docs.google.com keep.google.com login.yahoo.com
      meet.google.com merchants.google.com myaccount.google.com photos.google.com tagassistant.google.com
    `,
  },
}
