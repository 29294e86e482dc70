#include "domain/password_policy.h"

#include <stdlib.h>

/* Words that everybody tries first: keyboard walks, digit runs, names of things
 * and seasons, what installers leave behind. Our own list, in byte order and in
 * lower case; connections add theirs. */
static const str common[] = {
    STR_INIT("!qaz2wsx"), STR_INIT("000000"), STR_INIT("101010"), STR_INIT("111111"), STR_INIT("112211"),
    STR_INIT("112233"), STR_INIT("121212"), STR_INIT("123123"), STR_INIT("123321"), STR_INIT("123456"), STR_INIT("1234567"),
    STR_INIT("12345678"), STR_INIT("123456789"), STR_INIT("1234567890"), STR_INIT("131313"), STR_INIT("135790"),
    STR_INIT("147258"), STR_INIT("147258369"), STR_INIT("159753"), STR_INIT("1q2w3e"), STR_INIT("1q2w3e4r"),
    STR_INIT("1q2w3e4r5t"), STR_INIT("1qaz2wsx"), STR_INIT("1qazxsw2"), STR_INIT("222222"), STR_INIT("246810"),
    STR_INIT("333333"), STR_INIT("444444"), STR_INIT("456789"), STR_INIT("555555"), STR_INIT("654321"), STR_INIT("666666"),
    STR_INIT("777777"), STR_INIT("789456"), STR_INIT("789456123"), STR_INIT("888888"), STR_INIT("987654"),
    STR_INIT("987654321"), STR_INIT("999999"), STR_INIT("a1b2c3"), STR_INIT("a1b2c3d4"), STR_INIT("aaaaaa"),
    STR_INIT("aaaaaaaa"), STR_INIT("abc123"), STR_INIT("abcd1234"), STR_INIT("abcdef"), STR_INIT("abcdefg"),
    STR_INIT("abcdefgh"), STR_INIT("access"), STR_INIT("access1"), STR_INIT("admin"), STR_INIT("admin1"),
    STR_INIT("admin12"), STR_INIT("admin123"), STR_INIT("admin1234"), STR_INIT("administrator"), STR_INIT("andrew"),
    STR_INIT("angel"), STR_INIT("angels"), STR_INIT("apple"), STR_INIT("arsenal"), STR_INIT("asd123"), STR_INIT("asdasd"),
    STR_INIT("asdf1234"), STR_INIT("asdfgh"), STR_INIT("asdfghjkl"), STR_INIT("ashley"), STR_INIT("autumn"),
    STR_INIT("autumn2024"), STR_INIT("azerty"), STR_INIT("azerty123"), STR_INIT("banana"), STR_INIT("barcelona"),
    STR_INIT("baseball"), STR_INIT("basketball"), STR_INIT("batman"), STR_INIT("berlin"), STR_INIT("blessed"),
    STR_INIT("buster"), STR_INIT("butterfly"), STR_INIT("camaro"), STR_INIT("changeme"), STR_INIT("changeme1"),
    STR_INIT("changeme123"), STR_INIT("charlie"), STR_INIT("cheese"), STR_INIT("chelsea"), STR_INIT("chocolate"),
    STR_INIT("company1"), STR_INIT("company123"), STR_INIT("computer"), STR_INIT("contrasena"), STR_INIT("cookie"),
    STR_INIT("corvette"), STR_INIT("daniel"), STR_INIT("december"), STR_INIT("default"), STR_INIT("demo"),
    STR_INIT("demo123"), STR_INIT("diamond"), STR_INIT("dragon"), STR_INIT("dragon1"), STR_INIT("example"),
    STR_INIT("facebook"), STR_INIT("february"), STR_INIT("ferrari"), STR_INIT("flower"), STR_INIT("football"),
    STR_INIT("football1"), STR_INIT("forever"), STR_INIT("freedom"), STR_INIT("friday"), STR_INIT("ginger"),
    STR_INIT("golden"), STR_INIT("google"), STR_INIT("guest"), STR_INIT("guest123"), STR_INIT("harley"), STR_INIT("heaven"),
    STR_INIT("hello"), STR_INIT("hello1"), STR_INIT("hello123"), STR_INIT("hockey"), STR_INIT("hunter"),
    STR_INIT("hunter2"), STR_INIT("iloveu"), STR_INIT("iloveyou"), STR_INIT("iloveyou1"), STR_INIT("internet"),
    STR_INIT("january"), STR_INIT("jennifer"), STR_INIT("jessica"), STR_INIT("jesus"), STR_INIT("jordan"),
    STR_INIT("jordan23"), STR_INIT("killer"), STR_INIT("letmein"), STR_INIT("letmein1"), STR_INIT("letmein123"),
    STR_INIT("linkedin"), STR_INIT("liverpool"), STR_INIT("login"), STR_INIT("login123"), STR_INIT("london"),
    STR_INIT("love123"), STR_INIT("lovely"), STR_INIT("loveme"), STR_INIT("madrid"), STR_INIT("maggie"),
    STR_INIT("manager"), STR_INIT("manager1"), STR_INIT("master"), STR_INIT("master1"), STR_INIT("matrix"),
    STR_INIT("mercedes"), STR_INIT("merlin"), STR_INIT("michael"), STR_INIT("michelle"), STR_INIT("microsoft"),
    STR_INIT("monday"), STR_INIT("money"), STR_INIT("monkey"), STR_INIT("monkey1"), STR_INIT("motdepasse"),
    STR_INIT("mustang"), STR_INIT("nicole"), STR_INIT("ninja"), STR_INIT("nothing"), STR_INIT("november"),
    STR_INIT("october"), STR_INIT("office"), STR_INIT("office123"), STR_INIT("opensesame"), STR_INIT("oracle"),
    STR_INIT("orange"), STR_INIT("p@ssw0rd"), STR_INIT("p@ssw0rd1"), STR_INIT("p@ssword"), STR_INIT("p@ssword1"),
    STR_INIT("pa55word"), STR_INIT("paris"), STR_INIT("pass"), STR_INIT("pass1"), STR_INIT("pass12"), STR_INIT("pass123"),
    STR_INIT("pass1234"), STR_INIT("passpass"), STR_INIT("passw0rd"), STR_INIT("passw0rd1"), STR_INIT("password"),
    STR_INIT("password!"), STR_INIT("password1"), STR_INIT("password1!"), STR_INIT("password12"), STR_INIT("password123"),
    STR_INIT("password1234"), STR_INIT("passwort"), STR_INIT("peace"), STR_INIT("pepper"), STR_INIT("phoenix"),
    STR_INIT("pokemon"), STR_INIT("porsche"), STR_INIT("princess"), STR_INIT("princess1"), STR_INIT("purple"),
    STR_INIT("q1w2e3r4"), STR_INIT("qazwsx"), STR_INIT("qazwsxedc"), STR_INIT("qwe123"), STR_INIT("qweqwe"),
    STR_INIT("qwerty"), STR_INIT("qwerty1"), STR_INIT("qwerty12"), STR_INIT("qwerty123"), STR_INIT("qwerty1234"),
    STR_INIT("qwertyuiop"), STR_INIT("qwertz"), STR_INIT("qwertz123"), STR_INIT("rainbow"), STR_INIT("ranger"),
    STR_INIT("robert"), STR_INIT("root"), STR_INIT("root123"), STR_INIT("sample"), STR_INIT("samsung"), STR_INIT("secret"),
    STR_INIT("secret1"), STR_INIT("secret123"), STR_INIT("server"), STR_INIT("server1"), STR_INIT("service"),
    STR_INIT("shadow"), STR_INIT("shadow1"), STR_INIT("silver"), STR_INIT("soccer"), STR_INIT("spiderman"),
    STR_INIT("spring"), STR_INIT("spring2024"), STR_INIT("spring2025"), STR_INIT("starwars"), STR_INIT("summer"),
    STR_INIT("summer2023"), STR_INIT("summer2024"), STR_INIT("summer2025"), STR_INIT("sunshine"), STR_INIT("sunshine1"),
    STR_INIT("superman"), STR_INIT("support"), STR_INIT("system"), STR_INIT("temp"), STR_INIT("temp123"), STR_INIT("test"),
    STR_INIT("test1"), STR_INIT("test12"), STR_INIT("test123"), STR_INIT("test1234"), STR_INIT("testing"),
    STR_INIT("testing123"), STR_INIT("thomas"), STR_INIT("tigger"), STR_INIT("toor"), STR_INIT("trustno1"),
    STR_INIT("user"), STR_INIT("user123"), STR_INIT("warrior"), STR_INIT("welcome"), STR_INIT("welcome1"),
    STR_INIT("welcome1!"), STR_INIT("welcome123"), STR_INIT("welcome2"), STR_INIT("whatever"), STR_INIT("windows"),
    STR_INIT("winter"), STR_INIT("winter2023"), STR_INIT("winter2024"), STR_INIT("winter2025"), STR_INIT("wizard"),
    STR_INIT("yamaha"), STR_INIT("yellow"), STR_INIT("zaq12wsx"), STR_INIT("zaq1zaq1"), STR_INIT("zxc123"),
    STR_INIT("zxcvbn"), STR_INIT("zxcvbnm"), STR_INIT("zxczxc"),
};

static int compare(const void *key, const void *row)
{
    return str_cmp(*(const str *)key, *(const str *)row);
}

bool password_is_common(struct arena *a, str password)
{
    str lower = str_lower(a, password);
    return bsearch(&lower, common, sizeof common / sizeof *common, sizeof *common, compare) != NULL;
}
