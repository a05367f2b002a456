"""Names of a borough's learners by naming culture, with the ways in which offices have been seen to write them.

Written for the generator from how such names are romanised in practice, before and apart from the scorer's rules and
lists: `a/b/c` are spellings of one name, the first the commonest. A culture's names stand in order of frequency.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Culture:
    """One naming culture: pools of given and family names, and the languages that its speakers give."""

    code: str
    languages: tuple[str, ...]
    share: float
    men: tuple[tuple[str, ...], ...]
    women: tuple[tuple[str, ...], ...]
    families: tuple[tuple[str, ...], ...]
    january: float  # how many have 1 January as their date of birth


def _pool(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(part.strip() for part in word.split("/"))
        for word in text.replace("\n", " ").split(",")
        if word.strip()
    )


ARABIC = Culture(
    "arabic", ("Arabic",), 0.10,
    _pool("""Mohamed/Mohammed/Muhammad/Mohamad/Mohammad, Ahmed/Ahmad/Achmed, Ali/Aly, Mahmoud/Mahmud/Mahmood, Omar/Umar/Omer,
    Hassan/Hasan, Hussein/Husain/Hussain/Houssein, Ibrahim/Ebrahim/Ibraheem, Youssef/Yusuf/Yousef/Yousif/Yusef, Khaled/Khalid,
    Abdullah/Abdallah/Abdulla, Abdulrahman/Abdul Rahman/Abd al-Rahman/Abdelrahman, Mustafa/Mostafa/Moustafa, Tariq/Tarek/Tareq,
    Samir/Sameer, Bilal/Belal, Hamza/Hamzah, Walid/Waleed/Oualid, Rashid/Rachid/Rasheed, Jamal/Gamal/Djamal, Said/Saeed/Sa'id,
    Karim/Kareem, Nasser/Nasir/Naser, Faisal/Faysal, Zaid/Zayd/Zeid, Adel/Adil, Othman/Osman/Uthman, Yasin/Yassine/Yaseen, Anas, Munir/Mounir"""),
    _pool("""Fatima/Fatma/Fatimah, Aisha/Ayesha/Aicha/Aysha, Maryam/Mariam/Meriem/Miriam, Zainab/Zeinab/Zaynab, Khadija/Khadijah/Khadeja,
    Amina/Aminah/Ameena, Huda/Houda/Hoda, Nour/Noor/Nur, Layla/Leila/Laila, Salma/Selma, Hanan/Hanane, Iman/Eman/Imane, Rania/Raniya,
    Samira/Sameera, Nadia/Nadya, Sara/Sarah, Asma/Asmaa, Hiba/Heba, Rim/Reem, Yasmin/Yasmine/Jasmin, Sawsan/Sausan, Widad/Ouidad, Dina/Deena, Noura/Nora, Ghada"""),
    _pool("""al-Hassan/Al Hasan/Alhassan, Ibrahim/Ebrahim, Al-Masri/El Masri/Almasri, Haddad, Mansour/Mansur, Salem/Salim, Khalil/Khaleel,
    Abdelaziz/Abdulaziz/Abdul Aziz, El-Sayed/Al Sayed/Elsayed, Nasser/Nasir, Hamdan, Saleh/Salih, Al-Khatib/El Khatib/Alkhatib, Ben Ali/Benali,
    Bouzid/Bouzide, Mahdi/Mehdi, Darwish/Darwich, Aziz, Shaheen/Chahine/Shahin, Qasim/Kassem/Kasim, Al-Ahmad/Alahmad/El Ahmed, Taha,
    Hijazi/Hegazy, Jaber/Gaber/Jabir, Zidan/Zidane/Zeidan, Barakat, Othman/Osman, Najjar/Najar, Rahal/Rahhal, Yaqoub/Yacoub/Yakub"""),
    0.05,
)  # fmt: skip
SOMALI = Culture(
    "somali", ("Somali",), 0.09,
    _pool("""Mohamed/Maxamed/Mohamud/Mohammed, Ahmed/Axmed/Ahmad, Abdi/Cabdi, Ali/Cali, Hassan/Xasan/Hasan, Hussein/Xuseen/Hussain,
    Omar/Cumar/Umar, Abdullahi/Cabdullaahi/Abdulahi, Yusuf/Yuusuf/Yussuf, Ibrahim/Ibraahim, Osman/Cismaan/Usman, Farah/Faarax,
    Ismail/Ismaaciil/Ismael, Abdirahman/Cabdiraxmaan/Abdurahman, Jama/Jaamac, Nur/Nuur/Noor, Warsame, Mahad/Mahat, Abukar/Abuukar,
    Bashir/Bashiir, Guled/Guuleed, Liban/Liibaan, Said/Siciid/Saeed, Muse/Muuse/Musa, Isse/Ciise/Essa"""),
    _pool("""Fadumo/Faadumo/Fatuma/Fatima, Amina/Aamina/Aminah, Halima/Xaliimo/Halimo, Hodan/Hodhan, Khadija/Khadiijo/Khadijo, Asha/Caasha/Aisha,
    Sahra/Zahra/Saahra, Maryan/Maryam/Maryama, Hawa/Xaawo/Hawo, Ifrah/Ifraax, Nimo/Nimco, Deqa/Deeqa/Deka, Ayan/Ayaan, Sagal/Sagaal,
    Safiya/Safiyo, Habiba/Xabiibo/Habibo, Rahma/Raxma, Ubah/Ubax, Fowsiya/Fawzia/Fowsiyo, Hibo/Hibaq"""),
    _pool("""Mohamed/Maxamed/Mohamud, Ali/Cali, Ahmed/Axmed, Hassan/Xasan, Abdi/Cabdi, Omar/Cumar, Hussein/Xuseen, Farah/Faarax, Warsame, Jama/Jaamac,
    Yusuf/Yuusuf, Nur/Nuur, Adan/Aadan/Aden, Osman/Cismaan, Elmi/Cilmi, Ibrahim/Ibraahim, Abdullahi/Cabdullaahi, Hersi/Xirsi, Duale/Ducaale,
    Gedi/Geeddi, Isse/Ciise, Abshir/Absir, Dahir/Daahir, Egal/Cigaal, Samatar/Samater, Mire/Miire, Guleid/Guuleed, Roble/Rooble, Sheikh/Sheekh, Barre"""),
    0.15,
)  # fmt: skip
AFGHAN = Culture(
    "afghan_iranian_kurdish", ("Dari", "Pashto", "Farsi", "Kurdish"), 0.09,
    _pool("""Mohammad/Muhammad/Mohammed/Mohamad, Ahmad/Ahmed, Ali, Reza/Raza/Rezza, Hossein/Hussain/Hosein, Mehdi/Mahdi, Abdul/Abdol, Najib/Najeeb,
    Karim/Kareem, Nasrullah/Nasrollah, Amanullah/Amanollah, Rahim/Raheem, Farid/Fareed, Jawad/Javad/Jawaad, Navid/Naveed/Nawid, Omid/Omeed/Umid,
    Mostafa/Mustafa, Azad, Rebwar/Rebuar, Karwan/Karwan/Karvan, Dawood/Davoud/Daud, Habib/Habeeb, Zabihullah/Zabiullah, Esmail/Ismail, Sherzad/Shirzad, Hiwa/Heewa"""),
    _pool("""Fatemeh/Fatima/Fatema, Zahra/Zohra/Sahra, Maryam/Mariam, Shabnam/Shabnum, Farzana/Farzaneh, Nargis/Narges/Nargess, Parwin/Parvin/Parveen,
    Shirin/Shireen/Sherin, Soraya/Suraya, Latifa/Lateefa, Roya/Ruya, Leila/Layla/Laila, Mina/Meena, Nazanin/Nazaneen, Habiba/Habeeba, Masuma/Masoumeh/Masooma,
    Sakina/Sakineh, Hosna/Husna, Shler/Shlair, Zainab/Zeynab, Freshta/Fereshteh/Farishta, Razia/Raziyeh, Golnaz/Gulnaz, Nasrin/Nasreen, Aziza/Azizeh"""),
    _pool("""Ahmadi/Ahmady, Hosseini/Hussaini/Husseini, Rahimi/Raheemi, Mohammadi/Muhammadi/Mohamadi, Karimi/Kareemi, Rezai/Rezaei/Rezayee, Haidari/Heydari/Haydari,
    Noori/Nouri/Nuri, Sultani/Soltani, Amiri/Ameeri, Azizi/Azizy, Sharifi/Sharify, Habibi/Habeebi, Nazari/Nazary, Jafari/Jaafari/Djafari, Akbari/Akbary,
    Yousefi/Yusufi/Yosufi, Stanikzai/Stanekzai, Popal, Safi/Safy, Qaderi/Kaderi/Qadiri, Barzani/Barzanji, Zand, Tahiri/Taheri, Popalzai/Popalzay, Sadat,
    Mahmoudi/Mahmoodi/Mahmudi, Hakimi/Hakimy, Rostami/Rustami, Faqiri/Faghiri/Fakiri"""),
    0.15,
)  # fmt: skip
BENGALI = Culture(
    "bengali", ("Bengali", "Sylheti"), 0.10,
    _pool("""Mohammed/Md/Muhammad/Mohammad, Abdul/Abdool, Rahim/Raheem, Karim/Kareem, Kamal/Kamaal, Jamal, Shah/Sha, Anwar/Anowar/Anwer, Rafiq/Rafique/Rofiq,
    Shafiq/Shafique/Sofiq, Mizanur/Mizan, Aminul/Ameenul, Nurul/Noorul, Faruk/Farooq/Faruque, Habibur/Habib, Jahangir/Jahangeer, Mahbub/Mahboob/Mahbubur,
    Monir/Munir, Saiful/Saifur, Tariqul/Tarikul, Rezaul/Rejaul, Abu, Delwar/Delowar/Dilwar, Shamim/Shameem, Belal/Bilal"""),
    _pool("""Fatema/Fatima/Fathema, Ayesha/Aisha/Ayesa, Rahima/Rohima/Raheema, Nasima/Nasheema/Nasema, Salma, Shirin/Sherin/Shireen, Rokeya/Ruqaya/Rukia, Jahanara/Jahanera,
    Sultana/Soltana, Hasina/Hosina/Haseena, Rabeya/Rabia/Rabeia, Momena/Momina, Sufia/Sofia/Suphia, Nazma/Nasma/Najma, Shahida/Shaheda, Halima/Haleema, Amena/Amina,
    Taslima/Tasleema, Monowara/Munwara, Rehana/Rahana/Rihana, Kulsum/Kulsuma/Kolsum, Parvin/Parveen/Parbin, Farida/Forida, Lutfa/Lutfun, Jasmin/Yasmin/Jesmin"""),
    _pool("""Islam, Rahman/Rahaman/Rohman, Hossain/Hussain/Hosen/Hussein, Ahmed/Ahmad/Ahmmed, Uddin/Udin/Ud-din, Miah/Mia/Miya, Ali, Chowdhury/Choudhury/Chaudhury/Choudhry,
    Hoque/Haque/Hock, Khan, Alam/Alom, Sarkar/Sarker, Karim, Ullah/Ulla, Talukder/Talukdar, Mondal/Mandal, Uddin, Hasan/Hassan, Mollah/Molla, Sikder/Shikdar,
    Bhuiyan/Bhuyan/Bhuiya, Hannan, Kabir/Kobir, Malik/Mallik"""),
    0.04,
)  # fmt: skip
BENGALI_SUFFIXES = ("Begum", "Khatun", "Akter", "Bibi", "Khanom", "Khatoon", "Akhtar", "Begom", "Sultana")
PAKISTANI = Culture(
    "pakistani", ("Urdu", "Punjabi", "Pashto"), 0.09,
    _pool("""Muhammad/Mohammad/Mohammed/Muhammed, Ali, Ahmed/Ahmad, Imran/Emran, Usman/Osman/Uthman, Asif/Aasif, Bilal/Belal, Tariq/Tarik/Tareq, Shahid/Shaheed, Zahid/Zaheed,
    Rashid/Rasheed, Naveed/Navid/Naweed, Waqas/Waqaas/Vaqas, Kashif/Kaashif, Adnan/Adnaan, Faisal/Faysal, Hamza/Hamzah, Khurram/Khuram, Nadeem/Nadim, Salman/Selman,
    Iqbal/Eqbal, Javed/Javaid/Jawed, Arshad/Irshad, Sajid/Sajjid, Yasir/Yaser/Yassir"""),
    _pool("""Fatima/Fatimah, Ayesha/Aisha/Aysha, Sana/Sanaa, Maryam/Mariam/Marium, Nasreen/Nasrin, Shazia/Shaziya, Saima/Saimah, Rubina/Robina, Farzana/Farzanah,
    Bushra/Boshra, Asma/Asmaa, Samina/Sameena, Nadia/Nadya, Uzma/Ozma, Zainab/Zaynab, Kiran/Kiren, Rabia/Rabiya, Shabana/Shabanah, Tahira/Taahira, Naila/Nayla,
    Khadija/Khadeeja, Sadia/Saadia, Yasmin/Yasmeen, Parveen/Parvin, Hina/Heena"""),
    _pool("""Khan, Ahmed/Ahmad, Hussain/Hussein/Husain, Ali, Malik/Mallik, Iqbal, Shah/Syah, Mahmood/Mehmood/Mahmud, Akhtar/Akhter, Butt/Bhatt, Chaudhry/Chaudhary/Choudhry,
    Mirza, Qureshi/Kureshi/Quraishi, Raja/Rajah, Sheikh/Shaikh/Shaykh, Siddiqui/Siddique/Siddiqi, Aslam, Rehman/Rahman/Ur-Rehman, Javed/Javaid, Anwar/Anwer,
    Hashmi/Hashimi, Bhatti/Bhati, Dar, Abbasi/Abassi, Zaman, Nawaz/Navaz, Sultan, Awan/Avan, Rafiq/Rafique, Bibi, Begum, Kausar/Kauser, Bano"""),
    0.05,
)  # fmt: skip
CHINESE = Culture(
    "chinese", ("Mandarin", "Cantonese"), 0.07,
    _pool("""Wei, Jun, Ming, Jianguo/Jian Guo/Jian-Guo, Xiaoming/Xiao Ming, Zhiqiang/Zhi Qiang/Chih-Chiang, Haoran/Hao Ran, Yichen/Yi Chen, Guoqiang/Guo Qiang, Jianhua/Jian Hua,
    Lei, Tao, Chao, Bo, Peng, Kai, Zihan/Zi Han, Yuxuan/Yu Xuan, Wenbin/Wen Bin, Dawei/Da Wei, Siu Ming/Xiaoming, Chi Keung/Zhiqiang, Ka Ho/Jiahao/Kaho, Jiahao/Jia Hao, Weimin/Wei Min"""),
    _pool("""Li, Fang, Xiuying/Xiu Ying, Min, Jing, Yan, Xiaoli/Xiao Li, Meiling/Mei Ling/Mei-Ling, Lihua/Li Hua, Ying, Xia/Hsia, Qian, Yu, Hong, Xiaohong/Xiao Hong, Yuxin/Yu Xin,
    Zihan/Zi Han, Meihua/Mei Hua, Jiayi/Jia Yi, Shufen/Shu Fen, Wai Ling/Huiling, Suk Yee/Shuyi, Ka Yan/Jiaxin, Huiling/Hui Ling, Yuting/Yu Ting"""),
    _pool("""Wang/Wong, Li/Lee, Zhang/Chang/Cheung, Liu/Lau, Chen/Chan, Yang/Yeung, Huang/Wong/Hwang, Zhao/Chao, Wu/Ng, Zhou/Chow/Chou, Xu/Hsu/Tsui, Sun/Suen, Ma, Zhu/Chu, Hu/Woo,
    Guo/Kwok/Kuo, He/Ho, Lin/Lam, Gao/Ko, Luo/Lo, Zheng/Cheng, Liang/Leung, Xie/Tse/Hsieh, Tang/Tong, Xu/Hui, Deng/Tang, Feng/Fung, Cao/Tso, Peng/Pang, Cai/Tsai/Choi"""),
    0.01,
)  # fmt: skip
WESTERN_MEN = (
    "Kevin",
    "Jason",
    "Eric",
    "Tony",
    "David",
    "Andy",
    "Jack",
    "Peter",
    "Ken",
    "Leo",
    "Ryan",
    "Simon",
)
WESTERN_WOMEN = (
    "Grace",
    "Amy",
    "Jenny",
    "Cindy",
    "Linda",
    "Alice",
    "Vivian",
    "Lily",
    "Tina",
    "Joyce",
    "Emily",
    "Helen",
)
VIETNAMESE = Culture(
    "vietnamese", ("Vietnamese",), 0.05,
    _pool("""Minh, Hùng/Hung, Tuấn/Tuan, Dũng/Dung, Đức/Duc, Quang, Nam, Hải/Hai, Long, Thành/Thanh, Sơn/Son, Phong, Hoàng/Hoang, Việt/Viet, Khánh/Khanh, Tùng/Tung, Trung, Bảo/Bao, Huy, Khoa"""),
    _pool("""Lan, Hương/Huong, Hoa, Mai, Thảo/Thao, Linh, Hà/Ha, Ngọc/Ngoc, Trang, Phương/Phuong, Thủy/Thuy, Hạnh/Hanh, Yến/Yen, Nga, Loan, Anh, Thu, Nhung, Vân/Van, My"""),
    _pool("""Nguyễn/Nguyen/Nguyan, Trần/Tran, Lê/Le, Phạm/Pham, Hoàng/Hoang/Huynh, Phan, Vũ/Vu, Võ/Vo, Đặng/Dang, Bùi/Bui, Đỗ/Do, Hồ/Ho, Ngô/Ngo, Dương/Duong, Lý/Ly, Đinh/Dinh, Trịnh/Trinh, Mai, Cao, Lâm/Lam"""),
    0.02,
)  # fmt: skip
SLAVIC = Culture(
    "slavic", ("Ukrainian", "Russian"), 0.10,
    _pool("""Oleksandr/Aleksandr/Alexander/Olexandr, Serhii/Sergei/Serhiy/Sergey, Andrii/Andrey/Andriy/Andrei, Volodymyr/Vladimir/Volodimir, Mykola/Nikolai/Nikolay, Dmytro/Dmitry/Dmitri/Dmytriy,
    Ivan, Oleh/Oleg, Ihor/Igor, Yurii/Yuri/Iurii/Yuriy, Vitalii/Vitaly/Vitaliy, Viktor/Victor, Mykhailo/Mikhail/Mihail, Pavlo/Pavel, Vasyl/Vasily/Vasyly, Petro/Petr/Pyotr, Yevhen/Evgeny/Yevgeniy/Evgenii,
    Anatolii/Anatoly/Anatoliy, Bohdan/Bogdan, Taras, Roman, Maksym/Maxim/Maksim, Artem/Artyom, Denys/Denis, Kyrylo/Kirill, Oleksii/Alexei/Aleksey/Oleksiy"""),
    _pool("""Olena/Elena/Yelena/Helena, Oksana/Oxana, Iryna/Irina, Nataliia/Natalia/Natalya, Tetiana/Tatiana/Tetyana/Tatyana, Svitlana/Svetlana, Kateryna/Ekaterina/Katerina/Yekaterina, Yuliia/Yulia/Julia/Iuliia,
    Mariia/Maria/Mariya, Anna/Hanna/Ganna, Olha/Olga, Liudmyla/Ludmila/Lyudmila, Halyna/Galina, Viktoriia/Victoria/Viktoria, Inna, Larysa/Larisa, Nadiia/Nadezhda/Nadia, Daria/Dariia/Darya, Alina, Anastasiia/Anastasia/Anastasiya,
    Khrystyna/Kristina/Christina, Yana/Iana/Jana, Sofiia/Sofia/Sofiya, Valentyna/Valentina, Zoya/Zoia"""),
    _pool("""Shevchenko/Schevchenko/Chevtchenko, Kovalenko, Bondarenko, Tkachenko/Tkatchenko, Kravchenko/Kravtchenko, Kovalchuk/Kovaltchuk/Kowalchuk, Melnyk/Melnik, Boiko/Boyko/Bojko, Shevchuk, Polishchuk/Polischuk,
    Lysenko/Lisenko, Moroz, Marchenko, Savchenko, Rudenko, Petrenko, Hryhorenko/Grigorenko, Klymenko/Klimenko, Ivanov/Ivanova, Petrov/Petrova, Smirnov/Smirnova, Popov/Popova, Volkov/Volkova, Pavlenko, Romaniuk/Romanyuk,
    Hrytsenko/Gritsenko, Sydorenko/Sidorenko, Zaitsev/Zaytsev/Zaitseva, Panchenko, Kharchenko/Harchenko"""),
    0.01,
)  # fmt: skip
EASTERN = Culture(
    "eastern_european", ("Romanian", "Polish", "Bulgarian", "Albanian", "Hungarian", "Lithuanian"), 0.08,
    _pool("""Ion/Ioan, Andrei/Andrey, Mihai/Mihail, Alexandru/Alexandro/Aleksandru, Gheorghe/George/Georghe, Piotr/Pyotr, Krzysztof/Krzystof/Christof, Tomasz/Tomas/Thomas, Paweł/Pawel/Pavel, Łukasz/Lukasz/Lukas,
    Georgi/Gueorgui, Dimitar/Dimiter/Dimitur, Ivan, Hristo/Christo, Nikolay/Nikolai, Stoyan/Stojan, Gábor/Gabor, László/Laszlo, Arben, Besnik, Agim, Jonas, Mindaugas, Ștefan/Stefan, Marek, Wojciech/Vojciech, Vasile/Vasil"""),
    _pool("""Maria/Mariya/Marija, Elena/Helena, Ioana/Joana, Andreea/Andrea, Mihaela/Michaela, Anna/Ana, Katarzyna/Katarzina/Catharina, Małgorzata/Malgorzata, Agnieszka/Agnieska, Joanna/Ioanna, Elżbieta/Elzbieta, Ivanka,
    Desislava/Dessislava, Tsvetelina/Cvetelina/Tzvetelina, Gergana, Zsuzsanna/Zsuzsana/Susanna, Erzsébet/Erzsebet, Drita, Mirela, Raluca/Raluka, Daniela, Cristina/Kristina, Iwona/Ivona, Yordanka/Jordanka, Rasa, Gabriela"""),
    _pool("""Popescu/Popesku, Ionescu/Ionesku, Popa, Dumitru/Dimitru, Stan, Nowak/Novak, Kowalski/Kowalska/Kovalski, Wiśniewski/Wisniewski/Wisniewska, Wójcik/Wojcik, Kamiński/Kaminski/Kaminska, Ivanov/Ivanova, Georgiev/Georgieva,
    Dimitrov/Dimitrova, Petrov/Petrova, Stoyanov/Stoyanova/Stojanov, Nagy/Nagi, Kovács/Kovacs, Tóth/Toth, Hoxha/Hodja, Shehu, Kazlauskas/Kazlauskiene, Gheorghiu/Georgiu, Constantin/Konstantin, Todorov/Todorova, Lewandowski/Lewandowska,
    Zieliński/Zielinski, Radu, Marinov/Marinova, Szabó/Szabo, Kelmendi"""),
    0.01,
)  # fmt: skip
HORN = Culture(
    "eritrean_ethiopian", ("Tigrinya", "Amharic"), 0.07,
    _pool("""Tesfaye/Tesfay/Tesfai, Yohannes/Johannes/Yohanes, Mehari/Meharie, Berhane/Birhane/Berhan, Haile/Hayle, Gebremedhin/Gebre Medhin/Ghebremedhin, Tekle/Tekla/Tecle, Dawit/Dawid/David, Samuel/Samuael, Abraham/Abreham, Solomon/Selomon,
    Girma/Ghirma, Kidane/Kidan, Mulugeta/Mulughieta, Bereket/Bereketab, Filmon/Philimon/Filimon, Robel/Robiel, Daniel/Daniyel, Yonas/Jonas/Yonatan, Gebreyesus/Ghebreyesus/Gebre Yesus, Amanuel/Emanuel/Amanuael, Temesgen/Temesghen, Habtom/Habtam, Ermias/Ermiyas, Biniam/Binyam"""),
    _pool("""Selam/Selamawit, Tsega/Tsegah/Sega, Almaz/Almas, Rahel/Rachel, Hiwet/Hiwot/Heywet, Senait/Senayt/Sennait, Abeba/Abebech, Meron/Miron, Mulu, Helen/Helena, Feven/Fewen/Feben, Saba/Sabah, Luwam/Lewam, Tirhas/Tirhase, Letebrhan/Letebirhan/Lete Brhan,
    Bethlehem/Betelhem, Hirut/Hiruth, Azeb/Azieb, Yordanos/Jordanos, Winta/Wintana, Freweini/Frewoini/Fireweyni, Tigist/Tegest, Eden/Aden, Mihret/Mehret, Semhar/Semehar"""),
    _pool("""Tesfaye/Tesfay/Tesfai, Haile/Hayle, Gebremariam/Gebre Mariam/Ghebremariam, Tekle/Tecle, Berhane/Birhane, Kidane/Kidan, Abraha/Abreha, Weldu/Woldu, Ghebreselassie/Gebre Selassie/Gebreselassie, Yohannes/Johannes, Mehari, Solomon, Araya/Araia,
    Habte/Habteab, Tewolde/Tewelde, Asfaw/Asfau, Bekele/Bekelle, Kebede/Kebbede, Alemu/Alemou, Negash/Negasi, Okbay/Ogbay/Okbai, Zerai/Zeray, Fessehaye/Fisehaye/Fessehaie, Mengistu/Menghistu, Ghirmay/Girmay/Ghirmai"""),
    0.12,
)  # fmt: skip
TURKISH = Culture(
    "turkish", ("Turkish",), 0.06,
    _pool("""Mehmet/Mehmed, Mustafa, Ahmet/Ahmed, Ali, Hüseyin/Huseyin, Hasan/Hassan, İbrahim/Ibrahim, Yusuf, Osman, Murat/Murad, Ömer/Omer, Emre, Burak, Cem/Djem, Kemal, Serkan, Çetin/Cetin, Şahin/Sahin, Oğuz/Oguz, Erdal, Gökhan/Gokhan, Ramazan, Süleyman/Suleyman, Uğur/Ugur"""),
    _pool("""Fatma, Ayşe/Ayse/Aysha, Emine, Hatice/Hadice, Zeynep, Elif, Meryem/Meriem, Şerife/Serife, Zehra, Sultan, Hanife, Merve, Özlem/Ozlem, Gülşen/Gulsen, Yasemin, Esra, Songül/Songul, Dilek, Büşra/Busra, Sevgi, Nurcan, Çiğdem/Cigdem"""),
    _pool("""Yılmaz/Yilmaz, Kaya, Demir, Çelik/Celik, Şahin/Sahin, Yıldız/Yildiz, Yıldırım/Yildirim, Öztürk/Ozturk/Oeztuerk, Aydın/Aydin, Özdemir/Ozdemir, Arslan/Aslan, Doğan/Dogan, Kılıç/Kilic, Aslan, Çetin/Cetin, Kara, Koç/Koc, Kurt, Özkan/Ozkan, Şimşek/Simsek, Polat, Güneş/Gunes, Erdoğan/Erdogan, Bulut, Aksoy"""),
    0.03,
)  # fmt: skip
SPANISH = Culture(
    "spanish", ("Spanish",), 0.06,
    _pool("""José/Jose, Juan, Luis, Carlos, Jorge, Miguel, Francisco, Pedro, Manuel, Andrés/Andres, Diego, Alejandro, Fernando, Jesús/Jesus, Víctor/Victor, Javier/Xavier, Óscar/Oscar, Edwin, Héctor/Hector, Julio, Raúl/Raul, Sebastián/Sebastian"""),
    _pool("""María/Maria, Ana, Luz, Carmen, Rosa, Sandra, Gloria, Claudia, Patricia, Martha/Marta, Diana, Paola, Carolina, Andrea, Lucía/Lucia, Mónica/Monica, Adriana, Beatriz/Beatris, Yolanda/Jolanda, Verónica/Veronica, Isabel, Jazmín/Yasmin/Jazmin"""),
    _pool("""García/Garcia, Rodríguez/Rodriguez, Martínez/Martinez, López/Lopez, González/Gonzalez/Gonzales, Hernández/Hernandez, Pérez/Perez, Sánchez/Sanchez, Ramírez/Ramirez, Torres, Flores, Gómez/Gomez, Díaz/Diaz, Vásquez/Vasquez/Vazquez, Castro, Rojas, Moreno, Jiménez/Jimenez, Morales, Ortiz/Ortis, Gutiérrez/Gutierrez, Mendoza, Castillo, Quispe, Mamani, Restrepo, Ospina, Giraldo"""),
    0.01,
)  # fmt: skip
PORTUGUESE = Culture(
    "portuguese", ("Portuguese",), 0.05,
    _pool("""João/Joao, José/Jose, António/Antonio, Carlos, Paulo, Luís/Luis/Luiz, Pedro, Manuel/Manoel, Rui/Ruy, Marcos, Rafael/Raphael, Bruno, Tiago/Thiago, Lucas, Felipe/Filipe, Gustavo, Nelson/Nélson, Mamadu/Mamadou, Domingos, Sérgio/Sergio"""),
    _pool("""Maria, Ana, Fernanda, Juliana, Patrícia/Patricia, Adriana, Sandra, Luciana, Beatriz, Camila/Camilla, Vanessa, Teresa/Tereza/Theresa, Isabel/Izabel, Catarina, Inês/Ines, Fátima/Fatima, Cátia/Katia, Larissa/Larisa, Aminata, Tatiana"""),
    _pool("""Silva/da Silva, Santos/dos Santos, Oliveira/de Oliveira, Souza/Sousa/de Sousa, Pereira, Ferreira, Costa/da Costa, Rodrigues/Rodriguez, Almeida/de Almeida, Alves, Lima, Gomes, Ribeiro, Carvalho, Martins, Fernandes, Lopes, Cardoso, Mendes, Teixeira/Teyxeira, Correia/Correa, Djaló/Djalo/Jalo, Mendonça/Mendonca, Araújo/Araujo, Nascimento/do Nascimento"""),
    0.01,
)  # fmt: skip

CULTURES = (
    ARABIC, SOMALI, AFGHAN, BENGALI, PAKISTANI, CHINESE, VIETNAMESE, SLAVIC, EASTERN, HORN, TURKISH, SPANISH, PORTUGUESE,
)  # fmt: skip
